/// Where a Redis Cluster says that the keys of a command are. A command that is answered so was not done.
/// Source: the cluster specification of Redis, "Redirection and resharding".
struct RedisRedirect: Hashable {
  enum Kind: Hashable {
    /// From now on.
    case moved
    /// This once: the slot is on its way to another node.
    case ask
  }

  var kind: Kind
  var address: RedisConfiguration.Address

  /// Reads `MOVED 3999 10.0.0.2:6381` and `ASK …`; nil when the answer is none of them.
  /// - Parameter asked: the node that answered, which is meant where the answer names no host.
  init?(_ answer: RedisValue, from asked: RedisConfiguration.Address) {
    guard case .error(let text) = answer else { return nil }
    let words = text.split(separator: " ")
    guard words.count >= 3, let colon = words[2].lastIndex(of: ":"),
      let port = Int(words[2][words[2].index(after: colon)...])
    else { return nil }
    switch words[0] {
    case "MOVED": kind = .moved
    case "ASK": kind = .ask
    default: return nil
    }
    let host = String(words[2][..<colon])
    switch (host.isEmpty, asked) {
    case (false, _): address = .host(host, port: port)
    case (true, .host(let host, _)): address = .host(host, port: port)
    case (true, .socket): return nil
    }
  }
}
