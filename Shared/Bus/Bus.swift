import Competition

/// The streams between the services. Delivery is at least once; effects are exactly once because PostgreSQL guards them.
/// `RedisBus` is what runs; `MemoryBus` is its twin for tests and simulation, and both pass the same conformance suite.
public protocol Bus: Sendable {
  /// Appends messages to their stream.
  func publish<Message: BusMessage>(_ messages: [Message]) async throws(BusError)

  /// Lets each task appear in `predictions.pending` once its time has come, and not before. A task that waits already
  /// keeps its time.
  func schedule(_ tasks: [DelayedTask]) async throws(BusError)

  /// Moves up to `limit` tasks whose time has come into `predictions.pending`, each once whoever calls this.
  func promote(now: Timestamp, limit: Int) async throws(BusError) -> Promotion

  /// Joins a group of the message's stream; the group is made when it is not there, and begins with the oldest entry.
  /// - Parameter name: unique per process start.
  func consumer<Message: BusMessage>(
    of message: Message.Type, name: String, settings: ConsumerSettings
  ) async throws(BusError) -> any BusConsumer<Message>

  /// Of these tasks those that neither wait for their time nor lie in the part of `predictions.pending` that is unread or
  /// unfinished. With very much unfinished it answers none: that work comes first anyway.
  func missing(_ tasks: [ScoreTask]) async throws(BusError) -> [ScoreTask]

  /// Whether the streams were lost since the last call, or never there: FLUSHALL, an empty restart, a failover.
  func checkForLoss() async throws(BusError) -> Bool

  /// Removes entries that every group is done with from long streams. Answers how many.
  func trim() async throws(BusError) -> Int

  func status() async throws(BusError) -> BusStatus

  /// The newest entries of a stream, ascending; those after `after` when it is given.
  func entries(of stream: BusStream, after: EntryID?, limit: Int) async throws(BusError) -> [BusEntry]
}

/// A task and when it becomes due.
public struct DelayedTask: Sendable, Hashable {
  public var task: ScoreTask
  public var at: Timestamp

  public init(_ task: ScoreTask, at: Timestamp) {
    self.task = task
    self.at = at
  }
}

public struct Promotion: Sendable, Hashable {
  public var moved: Int
  /// When the next task becomes due; nil when none waits.
  public var nextDue: Timestamp?

  public init(moved: Int, nextDue: Timestamp?) {
    self.moved = moved
    self.nextDue = nextDue
  }
}

public struct ConsumerSettings: Sendable, Hashable {
  /// How long an entry belongs to a consumer that does not renew it.
  public var lease: Duration
  public init(lease: Duration = .seconds(30)) { self.lease = lease }
}

/// A member of a group.
public protocol BusConsumer<Message>: Sendable {
  associatedtype Message: BusMessage

  /// Takes up to `count` new entries, waiting up to `wait` for the first (at most a second).
  func read(count: Int, wait: Duration) async throws(BusError) -> Batch<Message>
  /// Says that the entries' effects are committed.
  func acknowledge(_ ids: [EntryID]) async throws(BusError)
  /// Renews the lease of those entries that are still this consumer's, and answers them.
  func renew(_ ids: [EntryID]) async throws(BusError) -> [EntryID]
  /// Lets go of entries, so that another consumer may take them at once.
  func release(_ ids: [EntryID]) async throws(BusError)
  /// Takes over up to `count` entries whose lease has run out.
  func reclaim(count: Int) async throws(BusError) -> Batch<Message>
  /// Leaves the group when nothing is left unfinished here; entries that are stay for others to reclaim.
  func leave() async throws(BusError)
}

/// An entry as it lies in the stream.
public struct BusEntry: Sendable {
  public var id: EntryID
  public var fields: BusFields
}

/// A message handed to a consumer.
public struct Delivery<Message: BusMessage>: Sendable, Hashable {
  public var id: EntryID
  public var message: Message
}

/// An entry that could not be read.
public struct RejectedEntry: Sendable, CustomStringConvertible {
  public var entry: BusEntry
  public var error: BusDecodingError

  /// Whether it was removed: damaged entries are, those for a newer worker stay.
  public var isDropped: Bool { if case .corrupt = error { true } else { false } }

  public var description: String { "\(entry.id): \(error)" }
}

/// What a read brought.
public struct Batch<Message: BusMessage>: Sendable {
  public var deliveries: [Delivery<Message>] = []
  public var rejected: [RejectedEntry] = []

  init() {}

  init(reading entries: [BusEntry]) {
    for entry in entries {
      do {
        deliveries.append(Delivery(id: entry.id, message: try FieldReader(entry.fields).message(Message.self)))
      } catch {
        rejected.append(RejectedEntry(entry: entry, error: error))
      }
    }
  }

  var droppedIDs: [EntryID] { rejected.filter(\.isDropped).map(\.entry.id) }
}

/// How the streams stand.
public struct BusStatus: Sendable, Hashable {
  public struct Group: Sendable, Hashable {
    public var name: String
    /// Entries handed out and not acknowledged.
    public var pending: Int
    /// Entries not handed out yet; counted by us, since Redis' own figure is wrong after a trim. At most `countLimit`.
    public var lag: Int
    public var consumers: Int
    /// When the oldest entry that is pending or not handed out was added.
    public var oldestUnfinished: Timestamp?
  }

  public struct Stream: Sendable, Hashable {
    public var stream: BusStream
    public var length: Int
    public var groups: [Group]
  }

  /// Largest lag that is counted.
  public static let countLimit = 1_000_000

  public var streams: [Stream]
  /// Tasks that wait for their time.
  public var delayed: Int
  public var nextDue: Timestamp?
}
