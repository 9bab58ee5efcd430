import Competition

extension JSONText {
  /// The scope, and what the charts of the web front end group and filter by: `param`, `subject`, `horizon`.
  /// - Parameter key: the scope key; it is the `param` of a scope that has none of its own.
  mutating func scope(_ stored: [UInt8]?, key: String) {
    member("scope", stored: stored)
    let scope = Self.parse(stored)
    member("param", scope["param"] ?? .string(key))
    member("subject", scope["subject"] ?? .null)
    let names = ["horizon", "resolve_horizon_seconds", "horizon_seconds", "resolve_after_seconds"]
    member("horizon", names.lazy.compactMap { scope[$0] }.first ?? .null)
  }

  /// What other tools stored may be no object, or hold numbers beyond our reach: then it names nothing.
  private static func parse(_ stored: [UInt8]?) -> JSONObject {
    guard let stored else { return [:] }
    do {
      return try JSON(parsing: stored).object ?? [:]
    } catch {
      return [:]
    }
  }
}
