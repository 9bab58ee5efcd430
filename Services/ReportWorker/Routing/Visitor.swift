/// Who asks, as pages show it.
struct Visitor: Sendable {
  /// By name, as the record of changes has it.
  var name: String
  /// The other end of the connection.
  var address = ""
  /// What the browser keeps of a login; nil without one.
  var session: String?
  /// Whether a key, by login or header, came with the request.
  var hasKey = false
  /// Whether this node has keys at all.
  var canLogIn = false
  var mayChange = false
  /// Whether the connection to the browser is encrypted, as far as a proxy says.
  var isSecure = false
}
