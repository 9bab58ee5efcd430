/// How a checkpoint's ranking becomes shares of the reward.
public enum EmissionRule: Sendable, Hashable {
  /// By rank alone: 35 % for the first, 10 % each for 2 to 5, 5 % each for 6 to 10, and the rest in equal parts.
  case tiers
  /// By rank alone, in tiers of the competition's own, ascending; what they leave goes to all in equal parts.
  case ownTiers([EmissionTier])
  /// By rank, by what a model adds to the first ensemble, and by how little it resembles the others.
  case contribution(ContributionEmission)

  /// The emission of a checkpoint, as `Emission.emission` has it.
  /// - Parameter ranking: rows of the checkpoint's ranking, the best first.
  public func emission(of ranking: [JSONObject], wallets: Wallets) -> JSONObject {
    switch self {
    case .tiers: Emission.emission(ranks: ranking.indices.map { Double($0 + 1) }, wallets: wallets)
    case .ownTiers(let tiers):
      Emission.emission(
        shares: Emission.shares(filling: ranking.indices.map { tiers.percent(ofRank: $0 + 1) }), wallets: wallets)
    case .contribution(let rule):
      rule.emission(ranking.map { ContributionEmission.Standing(row: .object($0)) }, wallets: wallets)
    }
  }
}

/// What each rank gets that is behind the tier before and not behind this one.
public struct EmissionTier: Sendable, Hashable {
  /// The last rank of the tier.
  public var lastRank: Int
  /// What each of them gets, from 0 to 100.
  public var percent: Double

  public init(through lastRank: Int, percent: Double) {
    self.lastRank = lastRank
    self.percent = percent
  }
}

extension [EmissionTier] {
  func percent(ofRank rank: Int) -> Double { first { rank <= $0.lastRank }?.percent ?? 0 }

  /// What all tiers together give where every rank is taken.
  var totalPercent: Double {
    zip([0] + map(\.lastRank), self).reduce(0) { $0 + Double($1.1.lastRank - $1.0) * $1.1.percent }
  }
}
