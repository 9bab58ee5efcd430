/// Names that the summaries of a competition's snapshots have, as far as its contract tells.
struct SummaryNames {
  var names: [String]
  /// Whether there can be no others: no function of the competition makes them.
  var isComplete: Bool

  init(_ contract: CrunchContract) {
    let fields = contract.shapes.score.fields.map(\.name)
    var scores = ["value", "success"] + fields
    if case .builtin(let own) = contract.scoring { scores += own.fields }
    if contract.callables.aggregateSnapshot == .builtin(.sharpe) { scores += scores.map { "mean_" + $0 } }
    names = contract.metrics + scores
    guard case .builtin = contract.callables.aggregateSnapshot else {
      isComplete = false
      return
    }
    if case .builtin = contract.scoring { isComplete = true } else { isComplete = !fields.isEmpty }
  }
}

// Whether the names in a contract are those of something in it.
extension ContractReader {
  /// - Parameter names: of sections, with their places.
  mutating func checkNames(of contract: CrunchContract, _ sections: [String: Place]) {
    let summary = SummaryNames(contract)
    let (aggregation, places) = (contract.aggregation, sections["aggregation"])
    check(
      places?.member("value_field"), aggregation.valueField, among: summary.names, isComplete: summary.isComplete,
      "field of a score")
    check(
      places?.member("ranking_key"), aggregation.rankingKey,
      among: aggregation.windows.map(\.name) + [aggregation.valueField] + summary.names,
      isComplete: summary.isComplete, "window, metric or field of a score")
    for item in items(sections["ensembles"]) {
      for kind in [BuiltinFilter.minMetric, .maxMetric] {
        guard let place = item.member("filter")?.member(kind.rawValue), let name = place.node.scalar?.string else {
          continue
        }
        // Of a metric that is not asked for it was told already.
        guard !MetricRegistry().names.contains(name) else { continue }
        check(
          place, name, among: summary.names + [aggregation.valueField], isComplete: summary.isComplete,
          "metric or field of a score")
      }
    }
    let keys = (contract.schedules ?? []).flatMap(\.scopeTemplate.keys)
    for item in items(sections["call"]?.member("arguments")) {
      guard let name = item.node.mapping?.first?.key.scalar?.string else { continue }
      check(
        item, name, among: CrunchContract.ModelCall.scopeNames + keys, isComplete: contract.schedules != nil,
        "field of the scope")
    }
  }

  /// - Parameter isComplete: whether nothing else can be meant; else only what is nearly a known name is a slip.
  private mutating func check(
    _ place: Place?, _ name: String, among known: [String], isComplete: Bool, _ what: String
  ) {
    guard let place, !known.contains(name) else { return }
    if let meant = NearestName.of(name, among: known, within: isComplete ? nil : 2) {
      refuse(place, "\(name) is no \(what); did you mean \(meant)?")
    } else if isComplete {
      var unique: [String] = []
      for name in known where !unique.contains(name) { unique.append(name) }
      refuse(place, "\(name) is no \(what); known are \(unique.joined(separator: ", "))")
    }
  }
}
