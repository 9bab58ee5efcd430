import Redis

/// Why the bus did not do what was asked.
public enum BusError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Redis is away, loading, full or read-only: nothing is wrong with what was asked.
  case outage(RedisError)
  /// The stream is full of entries that its group has not handled.
  case backlog(BusStream, length: Int)
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

  /// Whether the same may succeed later without a change.
  public var isOutage: Bool { if case .failure = self { false } else { true } }

  public var description: String {
    switch self {
    case .outage(let error), .failure(let error): error.description
    case .backlog(let stream, let length):
      "\(stream.rawValue) holds \(length) entries that group \(stream.group.rawValue) has not handled; "
        + "start more workers that read it, or see `coordinator streams`"
    }
  }
}
