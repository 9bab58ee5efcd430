import Competition

public struct ConsumerSettings: Sendable, Hashable {
  /// How long an entry belongs to a consumer that does not renew it.
  public var lease: Duration
  /// How long after a look for run-out leases nobody else of the group looks.
  public var sweepPause: Duration

  public init(lease: Duration = .seconds(30), sweepPause: Duration = .milliseconds(500)) {
    self.lease = lease
    self.sweepPause = sweepPause
  }
}

/// A member of a group. Whatever it does with an entry it does only while the entry is its own: the owner is looked at in
/// the same script.
public protocol BusConsumer<Message>: Sendable {
  associatedtype Message: BusMessage

  /// Takes up to `count` new entries, waiting up to `wait` for the first (at most a second).
  func read(count: Int, wait: Duration) async throws(BusError) -> Batch<Message>
  /// Says that the entries' effects are committed. Answers those that were this consumer's; the others are left to whoever
  /// has them now.
  @discardableResult
  func acknowledge(_ ids: [EntryID]) async throws(BusError) -> [EntryID]
  /// Renews the lease of those entries that are still this consumer's, and answers them.
  func renew(_ ids: [EntryID]) async throws(BusError) -> [EntryID]
  /// Lets go of entries that were not worked on, so that another consumer may take them at once; the delivery does not
  /// count.
  func release(_ ids: [EntryID]) async throws(BusError)
  /// Lets go of entries that failed, so that they are delivered again after `pause`, but no later than the lease runs out.
  func retry(_ ids: [EntryID], after pause: Duration) async throws(BusError)
  /// Takes over up to `count` entries whose lease has run out. One consumer of a group looks at a time: for the others, and
  /// for half a second after a look that found nothing more, the answer is empty.
  func reclaim(count: Int) async throws(BusError) -> Batch<Message>
  /// Takes entries that could not be read out of the stream: damaged ones are gone, those for a newer worker are parked.
  func discard(_ rejected: [RejectedEntry]) async throws(BusError)
  /// Puts parked entries that this build can read back into the stream. Answers how many.
  func unpark(limit: Int) async throws(BusError) -> Int
  /// Leaves the group when nothing is left unfinished here; entries that are stay for others to reclaim.
  func leave() async throws(BusError)
}

/// An entry as it lies in the stream.
public struct BusEntry: Sendable {
  public var id: EntryID
  public var fields: BusFields

  /// No message has more. Scripts could not pass on many thousands: Lua's stack is bounded.
  static let mostFields = 1_000

  public init(id: EntryID, fields: BusFields) {
    self.id = id
    self.fields = fields
  }

  func message<Message: BusMessage>() throws(BusDecodingError) -> Message {
    guard fields.count <= Self.mostFields else {
      throw .corrupt("there are \(fields.count) fields; a message has \(Self.mostFields) at most")
    }
    return try FieldReader(fields).message(Message.self)
  }
}

/// A message handed to a consumer.
public struct Delivery<Message: BusMessage>: Sendable, Hashable {
  public var id: EntryID
  public var message: Message
  /// How often the entry has been handed out, this time included.
  public var deliveries: Int
}

/// An entry that could not be read.
public struct RejectedEntry: Sendable, CustomStringConvertible {
  public var entry: BusEntry
  public var error: BusDecodingError
  public var deliveries: Int

  public init(entry: BusEntry, error: BusDecodingError, deliveries: Int) {
    self.entry = entry
    self.error = error
    self.deliveries = deliveries
  }

  /// Whether it is worth nothing to anybody; else it is for a newer worker.
  public var isCorrupt: Bool { if case .corrupt = error { true } else { false } }

  public var description: String { "\(entry.id): \(error)" }
}

/// What a read brought.
public struct Batch<Message: BusMessage>: Sendable {
  public var deliveries: [Delivery<Message>] = []
  public var rejected: [RejectedEntry] = []
  /// Entries that were removed from the stream while they were in work: what they were about PostgreSQL knows.
  public var lost = 0
  /// Whether there may be more of the same.
  public var isFull = false

  public init() {}

  init(reading entries: [BusEntry], deliveries counts: [Int] = []) {
    for (index, entry) in entries.enumerated() {
      let count = index < counts.count ? counts[index] : 1
      do {
        deliveries.append(Delivery(id: entry.id, message: try entry.message(), deliveries: count))
      } catch {
        rejected.append(RejectedEntry(entry: entry, error: error, deliveries: count))
      }
    }
  }

  public var isEmpty: Bool { deliveries.isEmpty && rejected.isEmpty }
}
