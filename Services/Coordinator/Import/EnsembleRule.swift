import Competition

/// How ensembles of the original become those of the contract.
enum EnsembleRule {
  static func carry(_ value: JSON, _ imported: inout ImportedContract) {
    let ensembles = (value.array ?? []).compactMap { ensemble($0, &imported) }
    if !ensembles.isEmpty { imported.set("ensembles", .array(ensembles), from: "ensembles") }
  }

  private static func ensemble(_ value: JSON, _ imported: inout ImportedContract) -> JSON? {
    let name = value["name"]?.string ?? ""
    var spec: JSONObject = ["name": .string(name), "enabled": value["enabled"] ?? true]
    let strategy = ImportedFunction(value["strategy"] ?? .null)
    guard let weighs = reference(strategy, { EnsembleStrategy(rawValue: $0.string ?? "") != nil }, &imported) else {
      imported.note("ensembles", "\(name) weighs by \(strategy.text), which has no name to call it by; it is left out")
      return nil
    }
    spec["strategy"] = weighs
    if let filter = value["model_filter"], !filter.isNull {
      let keeps = ImportedFunction(filter)
      guard let says = reference(keeps, { $0.object != nil }, &imported) else {
        imported.note("ensembles", "\(name) filters by \(keeps.text), which has no name to call it by; it is left out")
        return nil
      }
      spec["filter"] = says
    }
    return .object(spec)
  }

  /// What the node does itself, or the name of a function of the competition.
  /// - Parameter isKnown: whether something of the original's is there too.
  private static func reference(
    _ function: ImportedFunction, _ isKnown: (JSON) -> Bool, _ imported: inout ImportedContract
  ) -> JSON? {
    if let original = function.original { return isKnown(original) ? original : nil }
    guard let name = function.name, function.keywords.isEmpty else { return nil }
    imported.usesPython = true
    imported.needsSupport = true
    return .string(name)
  }
}
