/// Wallets that an emission names besides the participants'.
public struct Wallets: Sendable, Hashable {
  /// `CRUNCH_PUBKEY`
  public var crunch: String
  /// `COMPUTE_PROVIDER_PUBKEY`; nil or empty: no reward.
  public var compute: String?
  /// `DATA_PROVIDER_PUBKEY`; nil or empty: no reward.
  public var data: String?

  public init(crunch: String = "", compute: String? = nil, data: String? = nil) {
    self.crunch = crunch
    self.compute = compute
    self.data = data
  }
}

/// How a ranking becomes shares of the reward.
public enum Emission {
  /// 100 % in frac64, the unit of shares on the chain.
  public static let whole: Int64 = 1_000_000_000

  /// A percentage in frac64, halves to even.
  public static func frac64(percent: Double) -> Int64 {
    Int64((percent / 100 * Double(whole)).rounded(.toNearestOrEven))
  }

  /// Percent of a rank: 35 for the first, 10 each for 2 to 5, 5 each for 6 to 10, else nothing.
  static func tier(_ rank: Double) -> Double {
    if rank == 1 { return 35 }
    if (2...5).contains(rank) { return 10 }
    if (6...10).contains(rank) { return 5 }
    return 0
  }

  /// The shares of ranked participants in frac64, in their order: the tiers, and what is left to 100 % in equal parts. They
  /// sum to exactly `whole`, and none is negative: a total above 100 %, which ranks that repeat can make, is scaled down.
  public static func shares(ranks: [Double]) -> [Int64] {
    shares(filling: ranks.map(tier))
  }

  /// The same of any percentages.
  static func shares(filling tiers: [Double]) -> [Int64] {
    guard !tiers.isEmpty else { return [] }
    var percents = tiers
    let total = percents.compensatedSum
    if total < 100 {
      let rest = (100 - total) / Double(percents.count)
      percents = percents.map { $0 + rest }
    } else if total > 100 {
      percents = percents.map { $0 / total * 100 }
    }
    return shares(percents: percents)
  }

  /// Percentages that sum to 100, up to rounding, in frac64: exactly `whole` together, and none negative.
  static func shares(percents: [Double]) -> [Int64] {
    var shares = percents.map(frac64)
    // Rounding leaves a few units: the first takes them, or gives them as far as it has.
    var difference = whole - shares.reduce(0, +)
    for index in shares.indices where difference != 0 {
      let change = max(difference, -shares[index])
      shares[index] += change
      difference -= change
    }
    return shares
  }

  /// The emission of a checkpoint: `{crunch, cruncher_rewards, compute_provider_rewards, data_provider_rewards}`.
  public static func emission(ranks: [Double], wallets: Wallets) -> JSONObject {
    emission(shares: shares(ranks: ranks), wallets: wallets)
  }

  static func emission(shares: [Int64], wallets: Wallets) -> JSONObject {
    let rewards = shares.enumerated().map { index, share -> JSON in
      .object(["cruncher_index": JSON(index), "reward_pct": .int(share)])
    }
    return [
      "crunch": .string(wallets.crunch), "cruncher_rewards": .array(rewards),
      "compute_provider_rewards": provider(wallets.compute), "data_provider_rewards": provider(wallets.data),
    ]
  }

  private static func provider(_ wallet: String?) -> JSON {
    guard let wallet, !wallet.isEmpty else { return .array([]) }
    return .array([.object(["provider": .string(wallet), "reward_pct": .int(whole)])])
  }
}
