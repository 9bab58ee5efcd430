/// How a checkpoint's ranking becomes shares of the reward.
public enum EmissionRule: Sendable, Hashable {
  /// By rank alone: 35 % for the first, 10 % each for 2 to 5, 5 % each for 6 to 10, and the rest in equal parts.
  case tiers
  /// By rank, by what a model adds to the first ensemble, and by how little it resembles the others.
  case contribution(ContributionEmission)

  /// The emission of a checkpoint, as `Emission.emission` has it.
  /// - Parameter ranking: rows of the checkpoint's ranking, the best first.
  public func emission(of ranking: [JSONObject], wallets: Wallets) -> JSONObject {
    switch self {
    case .tiers: Emission.emission(ranks: ranking.indices.map { Double($0 + 1) }, wallets: wallets)
    case .contribution(let rule):
      rule.emission(ranking.map { ContributionEmission.Standing(row: .object($0)) }, wallets: wallets)
    }
  }
}
