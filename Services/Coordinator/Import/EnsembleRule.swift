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
    guard let known = strategy.original?.string.flatMap({ EnsembleStrategy(rawValue: $0) }) else {
      imported.note("ensembles", "\(name) weighs by \(strategy.text), which the node does not have; it is left out")
      return nil
    }
    spec["strategy"] = .string(known.rawValue)
    if let filter = value["model_filter"], !filter.isNull {
      guard let says = ImportedFunction(filter).original, says.object != nil else {
        imported.note("ensembles", "\(name) filters by a function of your own; it is left out")
        return nil
      }
      spec["filter"] = says
    }
    return .object(spec)
  }
}
