import Competition

/// A contract that grows out of the settings of the original, and what was found on the way.
struct ImportedContract: Sendable {
  /// Something that could not be carried over, or holds otherwise than before.
  struct Note: Sendable, Hashable {
    var setting: String
    var what: String
    var remedy: String?
  }

  private(set) var sections: JSONObject = [:]
  private(set) var notes: [Note] = []
  /// Settings that were carried over, by the original's names.
  private(set) var carried: [String] = []
  /// Whether something of it is a function in Python.
  var usesPython = false
  /// Whether such a function may import names of the original's packages.
  var needsSupport = false

  /// Sets `section.key` of the contract's file.
  mutating func set(_ section: String, _ key: String, _ value: JSON, from setting: String) {
    var members = sections[section]?.object ?? [:]
    members[key] = value
    sections[section] = .object(members)
    carry(setting)
  }

  /// Sets a section that has no keys of its own.
  mutating func set(_ section: String, _ value: JSON, from setting: String) {
    sections[section] = value
    carry(setting)
  }

  mutating func note(_ setting: String, _ what: String, remedy: String? = nil) {
    notes.append(Note(setting: setting, what: what, remedy: remedy))
  }

  mutating func carry(_ setting: String) {
    if !carried.contains(setting) { carried.append(setting) }
  }

  /// - Throws: `ContractError` when what the original said is no contract here.
  func contract() throws -> CrunchContract {
    // JSON is YAML too.
    try ContractFile.contract(from: JSON.object(sections).text)
  }
}
