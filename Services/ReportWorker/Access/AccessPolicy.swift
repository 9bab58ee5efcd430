import Competition

/// Who may do what (decision 25).
///
/// With keys: paths are open, need a key, or need it when reading does, by their prefix, as in the original. Without any:
/// reading is open, and changes come from this machine only.
struct AccessPolicy: Sendable {
  var keys: KeyRing
  var readsNeedKey: Bool
  var publicPrefixes: [String]
  var adminPrefixes: [String]

  /// Who a request comes from, as the record of changes names them.
  static let thisMachine = "this machine"
  private static let anybody = "anybody"

  /// - Parameters:
  ///   - isChange: whether the request would change something: it has a route, and that one does. Those that nothing answers
  ///     have the tier of their path, as in the original, whatever their method.
  ///   - path: decoded, so that no spelling of a path gets around its prefix.
  ///   - holder: of the key that came with the request; nil without a good one.
  /// - Returns: the name of who asks.
  /// - Throws: `APIError` 401, or 403 for a key that opens less.
  func check(
    isChange: Bool, _ path: String, _ caller: Caller, holder: KeyRing.Key?
  ) throws(APIError) -> String {
    guard !keys.isEmpty else {
      if isChange, !caller.isLocal { throw .loopbackOnly }
      return caller.isLocal ? Self.thisMachine : Self.anybody
    }
    guard let tier = tier(path, isChange) else { return holder?.name ?? Self.anybody }
    guard let holder else { throw .keyRequired }
    guard tier == .read || holder.tier == .admin else { throw .keyTooWeak }
    return holder.name
  }

  /// Who asks, as pages show it.
  func visitor(_ caller: Caller, holder: KeyRing.Key?) -> Visitor {
    let mayChange = keys.isEmpty ? caller.isLocal : holder?.tier == .admin
    return Visitor(
      name: holder?.name ?? (keys.isEmpty && caller.isLocal ? Self.thisMachine : Self.anybody), address: caller.address,
      session: caller.session, hasKey: holder != nil, canLogIn: !keys.isEmpty, mayChange: mayChange,
      isSecure: caller.isSecure)
  }

  /// What a key must open; nil: none is needed. No prefix opens a change.
  private func tier(_ path: String, _ isChange: Bool) -> APIKeyTier? {
    if isChange { return .admin }
    if publicPrefixes.contains(where: { path.hasPrefix($0) }) { return nil }
    if adminPrefixes.contains(where: { path.hasPrefix($0) }) { return .admin }
    return readsNeedKey ? .read : nil
  }

  /// Whether an answer may stay in caches that others share.
  func isOpen(_ path: String) -> Bool { keys.isEmpty || tier(path, false) == nil }
}
