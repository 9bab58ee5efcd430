/// Shares that follow not rank alone but also what a model adds to the ensemble and how little it resembles the others.
public struct ContributionEmission: Sendable, Hashable {
  /// How much each part counts.
  public var rankWeight: Double
  public var contributionWeight: Double
  public var diversityWeight: Double
  /// Percent that everybody gets at least, before all is scaled to 100.
  public var floor: Double

  /// The defaults are those of 0.1.101.
  public init(
    rankWeight: Double = 0.5, contributionWeight: Double = 0.3, diversityWeight: Double = 0.2, floor: Double = 1
  ) {
    self.rankWeight = rankWeight
    self.contributionWeight = contributionWeight
    self.diversityWeight = diversityWeight
    self.floor = floor
  }

  /// What of a model decides its share.
  public struct Standing: Sendable, Hashable {
    /// From 1; nil or less than 1: the last of all.
    public var rank: Double?
    public var contribution: Double
    public var correlation: Double

    public init(rank: Double?, contribution: Double = 0, correlation: Double = 0) {
      self.rank = rank
      self.contribution = contribution
      self.correlation = correlation
    }

    /// Of a row of a checkpoint's ranking; a metric that is missing or no number counts as 0.
    public init(row: JSON) {
      func number(_ key: String) -> Double {
        row["result_summary"]?[key]?.floatValue.flatMap { $0.isFinite ? $0 : nil } ?? 0
      }
      self.init(
        rank: row["rank"]?.number, contribution: number("contribution"), correlation: number("model_correlation"))
    }
  }

  /// The shares in frac64, in the order of the standings. They sum to exactly `Emission.whole`.
  public func shares(_ standings: [Standing]) -> [Int64] {
    guard !standings.isEmpty else { return [] }
    let count = Double(standings.count)
    let ranks = Self.normalised(standings.map { 1 / ($0.rank.flatMap { $0 >= 1 ? $0 : nil } ?? count) })
    let contributions = Self.normalised(standings.map(\.contribution))
    let diversities = Self.normalised(standings.map { 1 - $0.correlation })
    let parts = standings.indices.map {
      rankWeight * ranks[$0] + contributionWeight * contributions[$0] + diversityWeight * diversities[$0]
    }
    let total = parts.compensatedSum
    let percents = total < 1e-12 ? parts.map { _ in 100 / count } : parts.map { max(floor, $0 / total * 100) }
    let sum = percents.compensatedSum
    return Emission.shares(percents: percents.map { $0 / sum * 100 })
  }

  /// The emission of a checkpoint, as `Emission.emission` has it. Nobody ranked: nobody gets anything, providers neither.
  public func emission(_ standings: [Standing], wallets: Wallets) -> JSONObject {
    Emission.emission(
      shares: shares(standings), wallets: standings.isEmpty ? Wallets(crunch: wallets.crunch) : wallets)
  }

  /// The values on a scale from 0 to 1, or equal parts when they are all the same.
  private static func normalised(_ values: [Double]) -> [Double] {
    guard let low = values.min(), let high = values.max(), high - low >= 1e-12 else {
      return values.map { _ in 1 / Double(values.count) }
    }
    return values.map { ($0 - low) / (high - low) }
  }
}
