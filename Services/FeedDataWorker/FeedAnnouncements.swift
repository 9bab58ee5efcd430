import Bus
import Competition

/// What Redis has yet to be told, in order. A publication without an answer may have arrived: before it is sent again, what is
/// there is read back, so that nothing is told of twice.
struct FeedAnnouncements: Sendable {
  /// Records that wait behind a failure, at most: older ones are in PostgreSQL, and too old to fire anything. So many
  /// are published at a time.
  static let longest = 1_000
  /// How far Redis' clock may be behind ours, in seconds.
  private static let clockSkew = 5
  private static let page = 1_000
  /// Pages that are read back, at most: other feeds are told of in the same stream.
  private static let mostPages = 5

  private(set) var waiting: [FeedRecordMessage] = []
  /// Records that are not to be told of any more, since that was last asked.
  private var dropped = 0
  /// When the first publication went out that has no answer and is not read back yet; nil: there is none.
  private var unansweredSince: Timestamp?

  mutating func add(_ records: [FeedRecord]) {
    waiting.append(contentsOf: records.map(FeedRecordMessage.init))
  }

  /// Tells of all that waits. Of what could not be told the newest records go on waiting.
  mutating func tell(_ bus: any Bus, now: Timestamp) async throws(BusError) {
    do { try await publish(bus, now: now) } catch {
      let surplus = max(0, waiting.count - Self.longest)
      waiting.removeFirst(surplus)
      dropped += surplus
      throw error
    }
  }

  /// How many records were given up since this was last asked.
  mutating func takeDropped() -> Int {
    defer { dropped = 0 }
    return dropped
  }

  private mutating func publish(_ bus: any Bus, now: Timestamp) async throws(BusError) {
    if let unansweredSince {
      do { try await readBack(bus, since: unansweredSince) } catch {
        // Who may not look tells twice rather than never.
        if error.isOutage { throw error }
      }
    }
    unansweredSince = nil
    while !waiting.isEmpty {
      let page = Array(waiting.prefix(Self.longest))
      do { try await bus.publish(page) } catch {
        // A full stream has taken nothing.
        if case .backlog = error {} else { unansweredSince = now }
        throw error
      }
      waiting.removeFirst(page.count)
    }
  }

  /// Drops what the stream has.
  private mutating func readBack(_ bus: any Bus, since time: Timestamp) async throws(BusError) {
    let start = time.adding(seconds: -Self.clockSkew).microseconds / 1_000
    var last = EntryID(milliseconds: UInt64(max(0, start)), sequence: 0)
    for _ in 0..<Self.mostPages where !waiting.isEmpty {
      let entries = try await bus.entries(of: .feedRecords, after: last, limit: Self.page)
      let told = Set(entries.map { $0.fields.map(\.value) })
      waiting.removeAll { told.contains($0.entry.map(\.value)) }
      guard entries.count == Self.page, let end = entries.last else { return }
      last = end.id
    }
  }
}
