import Redis

/// Why the bus did not do what was asked.
public enum BusError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Redis is away, loading, full or read-only: nothing is wrong with what was asked.
  case outage(RedisError)
  /// Redis refused or answered nonsense.
  case failure(RedisError)

  public init(_ error: RedisError) {
    switch error {
    case .unavailable, .timedOut: self = .outage(error)
    case .refused:
      let outages: Set = [
        "OOM", "MISCONF", "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "UNBLOCKED",
      ]
      self = error.code.map(outages.contains) == true ? .outage(error) : .failure(error)
    case .unexpectedAnswer: self = .failure(error)
    }
  }

  public var isOutage: Bool { if case .outage = self { true } else { false } }

  public var description: String {
    switch self {
    case .outage(let error), .failure(let error): error.description
    }
  }
}
