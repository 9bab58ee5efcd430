import Diagnosis

/// A variable of the original that does nothing here, or did nothing there either.
struct UnreadVariable: Sendable {
  var cause: String
  var remedy: String
  /// Whether somebody who sets it counts on what it does.
  var isRelied = false

  func finding(_ name: String) -> Finding {
    let what = "\(name) is set, and nobody reads it"
    return isRelied
      ? .problem(.environment, what, cause: cause, remedy: remedy)
      : .note(.environment, "\(what): \(cause)", remedy: remedy)
  }

  private static let routes = UnreadVariable(
    cause: "routes in Python are not mounted", remedy: "serve them by a process of your own, beside the report worker")

  static let all: [String: UnreadVariable] = [
    "CRUNCH_CONFIG_MODULE": UnreadVariable(
      cause: "the competition is described by the file of CRUNCH_CONTRACT",
      remedy: "make that file with `coordinator import`, then unset CRUNCH_CONFIG_MODULE", isRelied: true),
    "PYTH_HERMES_URL": UnreadVariable(
      cause: "the original never read it either", remedy: "set FEED_OPT_HERMES_URL"),
    "PYTH_TIMEOUT_SECONDS": UnreadVariable(
      cause: "the original never read it either", remedy: "set FEED_OPT_TIMEOUT_SECONDS"),
    "API_ROUTES": routes, "API_ROUTES_DIR": routes,
    "ALEMBIC_DIR": UnreadVariable(
      cause: "the schema is part of this build", remedy: "run `coordinator db migrate`"),
  ]
}
