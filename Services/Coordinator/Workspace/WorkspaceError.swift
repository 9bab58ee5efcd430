/// Why a workspace was not written, and what to do.
struct WorkspaceError: Error, Sendable, Hashable, CustomStringConvertible {
  var reason: String
  var remedy: String
  var description: String { "\(reason); \(remedy)" }
}
