import Competition
import Redis

/// Where work is in Redis, for people who look for it.
public enum EntryPlace: Sendable, Hashable {
  /// Nobody has taken it yet.
  case unread(EntryID)
  case inWork(PendingEntry)
  /// Acknowledged; it stays until it is trimmed.
  case handled(EntryID)
  /// For a newer worker.
  case parked(EntryID)
}

/// Where a task is in Redis.
public struct TaskPlaces: Sendable, Hashable {
  /// When it becomes due, if it waits for its time.
  public var delayedUntil: Timestamp?
  /// Its entries in `predictions.pending`, the oldest first.
  public var entries: [EntryPlace]

  public init(delayedUntil: Timestamp? = nil, entries: [EntryPlace] = []) {
    self.delayedUntil = delayedUntil
    self.entries = entries
  }
}

extension RedisBus {
  /// Entries of a stream that are looked through for a task, at most.
  private static let mostSearched = 100_000

  /// Where a task is. Its entries are looked for from the moment on at which it was due: none is older.
  public func places(of task: ScoreTask) async throws(BusError) -> TaskPlaces {
    let score = try await run([RedisCommand("ZSCORE", keys.delayed, Self.member(of: task))])[0]
    var places = TaskPlaces(delayedUntil: score.text.flatMap { Double($0) }.map(Timestamp.init(score:)))
    let due = UInt64(max(1, task.resolvableAt.millisecondsRoundedUp))
    var last = EntryID(milliseconds: due - 1, sequence: .max)
    var searched = 0
    while searched < Self.mostSearched {
      let page = try await entries(of: .predictionsPending, after: last, limit: Self.page)
      for entry in page where Self.names(entry) == [task.inputID, task.scopeKey] {
        places.entries.append(try await place(of: entry.id, in: .predictionsPending))
      }
      guard page.count == Self.page, let next = page.last else { break }
      searched += page.count
      last = next.id
    }
    return places
  }

  /// An entry by its id, with where it is; nil when the stream does not have it (any more).
  public func entry(
    _ id: EntryID, of stream: BusStream
  ) async throws(BusError) -> (entry: BusEntry, place: EntryPlace)? {
    let bounds = [id.description, id.description]
    let answers = try await run([
      RedisCommand(["XRANGE", keys.stream(stream)] + bounds), RedisCommand(["XRANGE", keys.parked(stream)] + bounds),
    ])
    if let found = BusEntry.entries(answers[0]).first { return (found, try await place(of: id, in: stream)) }
    return BusEntry.entries(answers[1]).first.map { ($0, .parked(id)) }
  }

  private func place(of id: EntryID, in stream: BusStream) async throws(BusError) -> EntryPlace {
    let group = stream.group.rawValue
    let command = RedisCommand("XPENDING", keys.stream(stream), group, id.description, id.description, "1")
    if let pending = try await rowsOrNone(command).compactMap(PendingEntry.init).first { return .inWork(pending) }
    guard let last = try await lastDelivered(keys.stream(stream), group: group), id <= last else { return .unread(id) }
    return .handled(id)
  }

  /// How many entries each stream was given since it was made.
  public func added() async throws(BusError) -> [BusStream: Int] {
    var added: [BusStream: Int] = [:]
    for stream in BusStream.allCases {
      let answer = try await rowsOrNone(RedisCommand("XINFO", "STREAM", keys.stream(stream)))
      added[stream] = Int(Self.pairs(.array(answer))["entries-added"]?.integer ?? 0)
    }
    return added
  }
}
