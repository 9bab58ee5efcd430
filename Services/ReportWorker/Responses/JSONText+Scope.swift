import Competition
import Store

extension JSONText {
  /// The scope, and what the charts of the web front end group and filter by: `param`, `subject`, `horizon`.
  /// - Parameter key: the scope key; it is the `param` of a scope that has none of its own.
  mutating func scope(_ stored: StoredJSON?, key: String) {
    member("scope", object: stored)
    let members = stored?.members ?? []
    func first(_ names: [String]) -> StoredJSON? {
      names.lazy.compactMap { name in members.last { $0.key == name }?.value }.first
    }
    if let param = first(["param"]) { member("param", stored: param) } else { member("param", .string(key)) }
    member("subject", stored: first(["subject"]))
    member(
      "horizon", stored: first(["horizon", "resolve_horizon_seconds", "horizon_seconds", "resolve_after_seconds"]))
  }
}
