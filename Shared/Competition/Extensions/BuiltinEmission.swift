/// A checkpoint's ranking as shares of the reward.
public enum BuiltinEmission: String, BuiltinExtension {
  /// As `emission` of the contract says.
  case contract
  /// Everybody the same.
  case equal
  /// All to the first.
  case winner
  /// By how far the value is above 0; nobody above: everybody the same.
  case proportional

  public var summary: String {
    switch self {
    case .contract: "as the contract's section emission says"
    case .equal: "everybody the same"
    case .winner: "all to the first"
    case .proportional: "by how far the ranked value is above 0"
    }
  }

  /// - Parameters:
  ///   - ranking: rows of the checkpoint's ranking, the best first.
  ///   - rule: of the contract.
  ///   - valueField: what `proportional` looks at, in the rows' summaries.
  public func emission(
    of ranking: [JSONObject], rule: EmissionRule, valueField: String, wallets: Wallets
  ) -> JSONObject {
    func even() -> [Double] { ranking.map { _ in 100 / Double(ranking.count) } }
    switch self {
    case .contract: return rule.emission(of: ranking, wallets: wallets)
    case .equal: return Emission.emission(shares: Emission.shares(percents: even()), wallets: wallets)
    case .winner:
      return Emission.emission(
        shares: Emission.shares(percents: ranking.indices.map { $0 == 0 ? 100 : 0 }), wallets: wallets)
    case .proportional:
      let values = ranking.map { max(0, $0["result_summary"]?[valueField]?.number ?? 0) }
      let total = values.compensatedSum
      let percents = total > 0 && total.isFinite ? values.map { $0 / total * 100 } : even()
      return Emission.emission(shares: Emission.shares(percents: percents), wallets: wallets)
    }
  }
}
