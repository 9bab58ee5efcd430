import Competition

// What becomes of functions.

extension ImportRules {
  static let scoring: Carry = { value, imported in
    guard !value.isNull else { return }
    let function = ImportedFunction(value)
    guard function.original == nil else { return noteDefaultScore("scoring_function", &imported) }
    guard let name = function.name else {
      return imported.note(
        "scoring_function", "\(function.text) has no name that it could be called by: the default score holds",
        remedy: "make it a function of a module, then write callables: {scoring: module:function}")
    }
    imported.set("callables", "scoring", .string(name), from: "scoring_function")
    imported.usesPython = true
    imported.needsSupport = true
  }

  static func noteDefaultScore(_ setting: String, _ imported: inout ImportedContract) {
    imported.note(
      setting, "the original's default score is 0 for everything; here builtin:directional scores",
      remedy: "write callables: {scoring: …} to score otherwise")
  }

  /// A function at an extension point of the contract, whose name there is the original's.
  static func extensionPoint(_ point: ExtensionPoint, _ original: String) -> Carry {
    { value, imported in
      guard !value.isNull else { return }
      let setting = point.rawValue
      let function = ImportedFunction(value)
      guard function.original?.string != original else { return imported.carry(setting) }
      guard let name = function.name, function.keywords.isEmpty else {
        return imported.note(
          setting, "\(function.text) has no name that it could be called by: the node does it its own way",
          remedy: "make it a function of a module, then write callables: {\(setting): module:function}")
      }
      imported.set("callables", setting, .string(name), from: setting)
      imported.usesPython = true
      imported.needsSupport = true
    }
  }

  /// A function that the node has of its own, and takes from nobody else.
  static func function(_ setting: String, _ original: String) -> Carry {
    { value, imported in
      guard !value.isNull else { return }
      let function = ImportedFunction(value)
      guard function.original?.string != original else { return imported.carry(setting) }
      imported.note(setting, "\(function.text) is not called: the node does it its own way")
    }
  }
}
