// What the file says of rounds, and of figures that follow from scores.
extension ContractReader {
  mutating func rounds(_ place: Place?) -> RoundLimits {
    let keys = section(place, keys: ["answer_seconds", "truth_seconds"])
    let fallback = RoundLimits()
    let limits = RoundLimits(
      answerSeconds: number(keys["answer_seconds"], in: RoundLimits.answerRange) ?? fallback.answerSeconds,
      truthSeconds: number(keys["truth_seconds"], in: RoundLimits.truthRange) ?? fallback.truthSeconds)
    if let place = keys["truth_seconds"] ?? keys["answer_seconds"], let reason = limits.whyImpossible {
      refuse(place, reason)
    }
    return limits
  }

  /// Names of metrics, and what computes those that are the competition's own. An item is the name of a built-in one, a
  /// function, which gives its own name, or one name with its function.
  mutating func metrics(_ place: Place?, _ functions: inout [String: MetricReference]) -> [String] {
    var names: [String] = []
    for item in items(place) {
      guard let (name, function) = metric(item) else { continue }
      if names.contains(name) {
        refuse(item, "names \(name) a second time")
        continue
      }
      names.append(name)
      functions[name] = function
    }
    return names
  }

  private mutating func metric(_ item: Place) -> (name: String, function: MetricReference?)? {
    if item.node.mapping != nil {
      let named = members(item, known: nil)
      guard let only = named.first, named.count == 1, Self.isName(only.key) else {
        refuse(item, "must be one name with its function, such as edge: my_crunch.metrics:edge")
        return nil
      }
      guard let function = function(only.place) as MetricReference? else { return nil }
      return (only.key, function)
    }
    let text = text(item, default: "")
    guard text.contains(":") else {
      do { _ = try MetricRegistry().selection([text]) } catch {
        refuse(item, "\(error)")
        return nil
      }
      return (text, nil)
    }
    switch function(item) as MetricReference? {
    case .builtin(let own): return (own.rawValue, nil)
    case .python(let module, let callable):
      return (
        callable.split(separator: ".").last.map(String.init) ?? callable, .python(module: module, callable: callable)
      )
    case .library(let path, let symbol): return (symbol, .library(path: path, symbol: symbol))
    case nil: return nil
    }
  }

  /// nil, and a problem, when it names none.
  private mutating func function<Builtin>(_ place: Place) -> ExtensionReference<Builtin>? {
    do { return try ExtensionReference(place.node.scalar?.string ?? "") } catch {
      refuse(place, "\(place.node.spelling) \(error.reason); \(error.hint)")
      return nil
    }
  }

  /// Whether a summary and the columns of reports can have it as a key.
  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
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
          name: name, strategy: strategy(keys["strategy"]),
          filter: filter(keys["filter"], metrics: metrics), isEnabled: flag(keys["enabled"], default: true)))
    }
    return ensembles
  }

  /// The name of a built-in strategy, as the original has it, or a function.
  private mutating func strategy(_ place: Place?) -> StrategyReference {
    guard let place, place.node.scalar?.string.contains(":") == true else {
      return .builtin(word(place, default: .inverseVariance))
    }
    return callable(place, default: .inverseVariance)
  }

  private mutating func filter(_ place: Place?, metrics: [String]) -> EnsembleFilter {
    guard let place, place.node.scalar?.string != "all" else { return .all }
    if place.node.scalar?.string.contains(":") == true {
      guard let function = function(place) as FilterReference? else { return .all }
      guard case .builtin = function else { return .function(function) }
    }
    let everything = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    let kinds = BuiltinFilter.allCases.filter { $0 != .all }
    let keys = section(place, keys: kinds.map(\.rawValue) + ["at_least", "at_most"])
    let named = kinds.filter { keys[$0.rawValue] != nil }
    guard let kind = named.first, named.count == 1, let value = keys[kind.rawValue] else {
      if place.node.mapping != nil || place.node.scalar != nil {
        refuse(
          place,
          named.count > 1
            ? "must be either \(named[0].rawValue) or \(named[1].rawValue), not both"
            : "must be all, {top_n: 5}, {top_share: 0.5}, {min_metric: ic, at_least: 0}, "
              + "{max_metric: model_correlation, at_most: 0.7}, {min_answers: 20} or a function, module:callable")
      }
      return .all
    }
    for (bound, owner) in [("at_least", BuiltinFilter.minMetric), ("at_most", .maxMetric)] where kind != owner {
      if let place = keys[bound] { refuse(place, "belongs to \(owner.rawValue)") }
    }
    switch kind {
    case .all: return .all
    case .topN: return .top(integer(value, default: 5, in: 1...100_000, unit: "models"))
    case .topShare: return .topShare(number(value, in: 0...1) ?? 1)
    case .minAnswers: return .answers(integer(value, default: 20, in: 1...1_000_000, unit: "answers"))
    case .minMetric:
      return .minimum(metric: metric(value, of: metrics), number(keys["at_least"], in: everything) ?? 0)
    case .maxMetric:
      return .maximum(metric: metric(value, of: metrics), number(keys["at_most"], in: everything) ?? 0)
    }
  }

  /// What a filter looks at.
  private mutating func metric(_ place: Place, of metrics: [String]) -> String {
    let name = text(place, default: "value")
    if !metrics.contains(name), MetricRegistry().names.contains(name) {
      refuse(place, "\(name) is not among the contract's metrics, and no model would have it; add it to metrics")
    }
    return name
  }

  mutating func emission(_ place: Place?) -> EmissionRule {
    let weights = ["rank_weight", "contribution_weight", "diversity_weight", "floor"]
    let keys = section(place, keys: ["strategy", "tiers"] + weights)
    switch word(keys["strategy"], default: EmissionStrategy.tiers) {
    case .tiers:
      for name in weights {
        if let weight = keys[name] { refuse(weight, "belongs to strategy: contribution") }
      }
      return keys["tiers"].map { .ownTiers(tiers($0)) } ?? .tiers
    case .contribution:
      if let tiers = keys["tiers"] { refuse(tiers, "belongs to strategy: tiers") }
      let fallback = ContributionEmission()
      return .contribution(
        ContributionEmission(
          rankWeight: number(keys["rank_weight"], in: 0...1_000) ?? fallback.rankWeight,
          contributionWeight: number(keys["contribution_weight"], in: 0...1_000) ?? fallback.contributionWeight,
          diversityWeight: number(keys["diversity_weight"], in: 0...1_000) ?? fallback.diversityWeight,
          floor: number(keys["floor"], in: 0...100) ?? fallback.floor))
    }
  }

  /// Ascending, and no more than the whole together.
  private mutating func tiers(_ place: Place) -> [EmissionTier] {
    var tiers: [EmissionTier] = []
    for item in items(place) {
      let keys = section(item, keys: ["through", "percent"])
      guard let through = keys["through"], let percent = keys["percent"] else {
        refuse(item, "must have the last rank of the tier and what each gets, such as {through: 3, percent: 10}")
        continue
      }
      let tier = EmissionTier(
        through: integer(through, default: 1, in: 1...100_000, unit: "ranks"),
        percent: number(percent, in: 0...100) ?? 0)
      if let last = tiers.last, tier.lastRank <= last.lastRank {
        refuse(through, "must be more than \(last.lastRank), the last rank of the tier before")
      }
      tiers.append(tier)
    }
    if tiers.isEmpty { refuse(place, "must name at least one tier, such as {through: 1, percent: 35}") }
    if tiers.totalPercent > 100 {
      refuse(place, "gives \(tiers.totalPercent) percent in all, where 100 is the whole")
    }
    return tiers
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

  mutating func flag(_ place: Place?, default fallback: Bool) -> Bool {
    guard let place else { return fallback }
    if let flag = place.node.bool { return flag }
    refuse(place, "must be true or false, not \(place.node.spelling)")
    return fallback
  }

  /// As the file names them.
  private enum EmissionStrategy: String, CaseIterable { case tiers, contribution }
}
