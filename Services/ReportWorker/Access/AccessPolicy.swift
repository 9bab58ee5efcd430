import Hummingbird

/// Who may do what (decision 25).
///
/// With a key: paths are open, need the key, or need it when reading does, by their prefix, as in the original. Without
/// one: reading is open, and changes come from this machine only.
struct AccessPolicy: Sendable {
  var key: String?
  var readsNeedKey: Bool
  var publicPrefixes: [String]
  var adminPrefixes: [String]

  /// - Parameter path: decoded, so that no spelling of a path gets around its prefix.
  /// - Throws: `APIError` 401.
  func check(_ method: HTTPRequest.Method, _ path: String, _ caller: Caller) throws(APIError) {
    let isChange = method != .get && method != .head && method != .options
    guard let key else {
      if isChange, !caller.isLocal { throw .loopbackOnly }
      return
    }
    guard needsKey(path, isChange) else { return }
    guard let given = caller.key, Self.isEqual(given, key) else { throw .keyRequired }
  }

  private func needsKey(_ path: String, _ isChange: Bool) -> Bool {
    if publicPrefixes.contains(where: { path.hasPrefix($0) }) { return false }
    return isChange || readsNeedKey || adminPrefixes.contains { path.hasPrefix($0) }
  }

  /// Takes as long for a key that is nearly right as for one that is not at all.
  static func isEqual(_ given: String, _ key: String) -> Bool {
    let (given, key) = (Array(given.utf8), Array(key.utf8))
    var difference: UInt8 = given.count == key.count ? 0 : 1
    for (index, byte) in given.enumerated() { difference |= byte ^ key[index % max(1, key.count)] }
    return difference == 0
  }
}
