/// Why Redis did not do what was asked. The text never holds a password or a URL.
public enum RedisError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Redis cannot be reached, or the connection broke; nobody knows whether the commands under way were done.
  case unavailable(String)
  /// No answer within the command timeout.
  case timedOut
  /// Redis answered with an error (`OOM …`, `NOGROUP …`).
  case refused(String)
  /// An answer of another shape than the command has.
  case unexpectedAnswer(String)

  /// The first word of a refusal, which names its kind: `NOGROUP`, `OOM`, `MISCONF`, `LOADING`.
  public var code: String? {
    if case .refused(let text) = self { text.split(separator: " ").first.map(String.init) } else { nil }
  }

  /// What an operator can do.
  public var remedy: String {
    switch self {
    case .unavailable: "check that Redis runs and that REDIS_URL is right"
    case .timedOut: "look at SLOWLOG and at the load of the Redis server"
    case .refused:
      switch code {
      case "OOM": "raise maxmemory; the policy must be noeviction"
      case "MISCONF": "Redis cannot save its data: free disk space there"
      case "NOAUTH", "WRONGPASS": "check user and password of REDIS_URL"
      case "NOPERM": "give the user of REDIS_URL the rights listed in the README"
      case "READONLY": "this is a replica: point REDIS_URL at the primary"
      case "CROSSSLOT", "MOVED", "ASK":
        "this is a Redis Cluster: keep the keys in one slot by braces in REDIS_KEY_PREFIX, such as {my-crunch}:"
      case "CLUSTERDOWN": "no node of the Redis Cluster has the slot of these keys: see CLUSTER SHARDS there"
      default: ""
      }
    case .unexpectedAnswer: "check that REDIS_URL points at a Redis of version 7 or later"
    }
  }

  public var description: String {
    let text =
      switch self {
      case .unavailable(let cause): "Redis is away: \(cause)"
      case .timedOut: "Redis did not answer in time"
      case .refused(let answer): "Redis refused: \(answer)"
      case .unexpectedAnswer(let what): "Redis answered something unexpected: \(what)"
      }
    return remedy.isEmpty ? text : "\(text); \(remedy)"
  }
}
