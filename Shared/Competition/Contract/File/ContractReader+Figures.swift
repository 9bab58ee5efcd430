// What the file says of rounds, and of figures that follow from scores.
extension ContractReader {
  mutating func rounds(_ place: Place?) -> RoundLimits {
    let keys = section(place, keys: ["answer_seconds", "truth_seconds"])
    let fallback = RoundLimits()
    return RoundLimits(
      answerSeconds: number(keys["answer_seconds"], in: RoundLimits.answerRange) ?? fallback.answerSeconds,
      truthSeconds: number(keys["truth_seconds"], in: RoundLimits.truthRange) ?? fallback.truthSeconds)
  }

  /// Names of metrics, each one that is known.
  mutating func metrics(_ place: Place?) -> [String] {
    var names: [String] = []
    for item in items(place) {
      let name = text(item, default: "")
      do { _ = try MetricRegistry().selection([name]) } catch {
        refuse(item, "\(error)")
        continue
      }
      if names.contains(name) { refuse(item, "names \(name) a second time") } else { names.append(name) }
    }
    return names
  }

  /// - Parameter metrics: what snapshots carry, so that a filter can look at it.
  mutating func ensembles(_ place: Place?, metrics: [String]) -> [Ensemble] {
    var ensembles: [Ensemble] = []
    for item in items(place) {
      let keys = section(item, keys: ["name", "strategy", "filter", "enabled"])
      guard let named = keys["name"] else {
        refuse(item, "must have a name, such as name: main")
        continue
      }
      let name = text(named, default: "")
      if !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }) {
        refuse(named, "must be of letters, digits, - and _, since ids are made of it")
      }
      if ensembles.contains(where: { $0.name == name }) { refuse(named, "names \(name) a second time") }
      ensembles.append(
        Ensemble(
          name: name, strategy: word(keys["strategy"], default: .inverseVariance),
          filter: filter(keys["filter"], metrics: metrics), isEnabled: flag(keys["enabled"], default: true)))
    }
    return ensembles
  }

  private mutating func filter(_ place: Place?, metrics: [String]) -> EnsembleFilter {
    guard let place, place.node.scalar?.string != "all" else { return .all }
    let keys = section(place, keys: ["top_n", "min_metric", "at_least"])
    if keys["top_n"] != nil, keys["min_metric"] != nil {
      refuse(place, "must be either top_n or min_metric, not both")
    }
    if let count = keys["top_n"] { return .top(integer(count, default: 5, in: 1...100_000, unit: "models")) }
    guard let metric = keys["min_metric"] else {
      if place.node.mapping != nil || place.node.scalar != nil {
        refuse(place, "must be all, {top_n: 5} or {min_metric: ic, at_least: 0}")
      }
      return .all
    }
    let name = text(metric, default: "value")
    if !metrics.contains(name), MetricRegistry().names.contains(name) {
      refuse(metric, "\(name) is not among the contract's metrics, and no model would have it; add it to metrics")
    }
    let everything = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    return .minimum(metric: name, number(keys["at_least"], in: everything) ?? 0)
  }

  mutating func emission(_ place: Place?) -> EmissionRule {
    let weights = ["rank_weight", "contribution_weight", "diversity_weight", "floor"]
    let keys = section(place, keys: ["strategy"] + weights)
    switch word(keys["strategy"], default: EmissionStrategy.tiers) {
    case .tiers:
      for name in weights {
        if let weight = keys[name] { refuse(weight, "belongs to strategy: contribution") }
      }
      return .tiers
    case .contribution:
      let fallback = ContributionEmission()
      return .contribution(
        ContributionEmission(
          rankWeight: number(keys["rank_weight"], in: 0...1_000) ?? fallback.rankWeight,
          contributionWeight: number(keys["contribution_weight"], in: 0...1_000) ?? fallback.contributionWeight,
          diversityWeight: number(keys["diversity_weight"], in: 0...1_000) ?? fallback.diversityWeight,
          floor: number(keys["floor"], in: 0...100) ?? fallback.floor))
    }
  }

  mutating func callables(_ places: [String: Place]) -> ContractCallables {
    let own = ContractCallables()
    func place(_ point: ExtensionPoint) -> Place? { places[point.rawValue] }
    return ContractCallables(
      inferenceInput: callable(place(.inferenceInput), default: own.inferenceInput),
      inferenceOutput: callable(place(.inferenceOutput), default: own.inferenceOutput),
      groundTruth: callable(place(.groundTruth), default: own.groundTruth),
      aggregateSnapshot: callable(place(.aggregateSnapshot), default: own.aggregateSnapshot),
      rankLeaderboard: callable(place(.rankLeaderboard), default: own.rankLeaderboard),
      buildEmission: callable(place(.buildEmission), default: own.buildEmission))
  }

  mutating func wallets(_ place: Place?) -> Wallets {
    let keys = section(place, keys: ["crunch_pubkey", "compute_provider", "data_provider"])
    func wallet(_ key: String) -> String? { keys[key].flatMap { $0.node.isNothing ? nil : text($0, default: "") } }
    return Wallets(
      crunch: wallet("crunch_pubkey") ?? "", compute: wallet("compute_provider"), data: wallet("data_provider"))
  }

  /// A ranking key that no window, metric or field has, but that is nearly one of them, is a slip. Others may be fields that
  /// only the scoring function knows.
  mutating func checkRankingKey(_ place: Place?, of contract: CrunchContract) {
    guard let place else { return }
    let aggregation = contract.aggregation
    let known = aggregation.windows.map(\.name) + contract.metrics + [aggregation.valueField]
    guard !known.contains(aggregation.rankingKey),
      let meant = NearestName.of(aggregation.rankingKey, among: known, within: 2)
    else { return }
    refuse(place, "\(aggregation.rankingKey) is no window, metric or value field; did you mean \(meant)?")
  }

  mutating func flag(_ place: Place?, default fallback: Bool) -> Bool {
    guard let place else { return fallback }
    if let flag = place.node.bool { return flag }
    refuse(place, "must be true or false, not \(place.node.spelling)")
    return fallback
  }

  /// As the file names them.
  private enum EmissionStrategy: String, CaseIterable { case tiers, contribution }
}
