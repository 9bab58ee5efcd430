import Competition

/// The streams between the services. Delivery is at least once; effects are exactly once because PostgreSQL guards them.
/// `RedisBus` is what runs; `MemoryBus` is its twin for tests and simulation, and both pass the same conformance suite.
/// Time is the bus's own: of all workers the one whose clock is wrong can neither promote early nor steal a lease.
public protocol Bus: Sendable {
  /// Appends messages to their stream.
  /// - Throws: `BusError.backlog` when the stream is full of entries that nobody has handled: nothing was added then.
  func publish<Message: BusMessage>(_ messages: [Message]) async throws(BusError)

  /// Lets each task appear in `predictions.pending` once its time has come, and not before. A task that waits already
  /// keeps its time.
  func schedule(_ tasks: [DelayedTask]) async throws(BusError)

  /// Moves up to `limit` tasks whose time has come into `predictions.pending`, each once whoever calls this; none into a
  /// stream that is full.
  func promote(limit: Int) async throws(BusError) -> Promotion

  /// Joins a group of the message's stream; the group is made when it is not there, and begins with the oldest entry.
  /// - Parameter name: unique per process start.
  func consumer<Message: BusMessage>(
    of message: Message.Type, name: String, settings: ConsumerSettings
  ) async throws(BusError) -> any BusConsumer<Message>

  /// Of these tasks those that neither wait for their time nor lie in `predictions.pending` unread or in work. nil when
  /// so much is unfinished that it is not looked through: that work comes first anyway.
  func missing(_ tasks: [ScoreTask]) async throws(BusError) -> [ScoreTask]?

  /// Whether the streams were lost since the last call, or never there: FLUSHALL, an empty restart, a failover.
  func checkForLoss() async throws(BusError) -> Bool

  /// Removes entries that every live group is done with, all but the newest `keeping`. Answers how many.
  func trim(_ stream: BusStream, keeping: Int) async throws(BusError) -> Int

  /// Says that a worker lives, and what it does; it counts as gone when it has not said so for `expiry`.
  func register(_ worker: WorkerNote, expiry: Duration) async throws(BusError)
  /// A worker leaves.
  func unregister(_ name: String) async throws(BusError)
  /// The workers that live.
  func workers() async throws(BusError) -> [WorkerNote]
  /// Removes members of groups that live no more, unless entries are still pending on them. Answers how many.
  func removeDeadConsumers() async throws(BusError) -> Int

  func status() async throws(BusError) -> BusStatus
  /// How one stream stands.
  func status(of stream: BusStream) async throws(BusError) -> BusStatus.Stream

  /// The newest entries of a stream, ascending; those after `after` when it is given.
  func entries(of stream: BusStream, after: EntryID?, limit: Int) async throws(BusError) -> [BusEntry]
  /// The entries of a stream that are in work, the oldest first.
  func pending(of stream: BusStream, limit: Int) async throws(BusError) -> [PendingEntry]
  /// The members of a stream's group.
  func consumers(of stream: BusStream) async throws(BusError) -> [ConsumerInfo]
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
  /// Until the next task becomes due, by the bus's clock; nil when none waits. Negative: some are due and had no room.
  public var nextDueIn: Duration?

  /// Whether tasks are due that the stream did not take.
  public var hasNoRoom: Bool { moved == 0 && (nextDueIn.map { $0 <= .zero } ?? false) }

  public init(moved: Int, nextDueIn: Duration?) {
    self.moved = moved
    self.nextDueIn = nextDueIn
  }
}

/// Bounds that the bus keeps.
public struct BusLimits: Sendable, Hashable {
  /// Entries of a stream beyond which producers are told to wait.
  public var streamLength: Int
  /// Unfinished entries that `missing` looks through at most.
  public var scan: Int

  public init(streamLength: Int = 100_000, scan: Int = 50_000) {
    self.streamLength = streamLength
    self.scan = scan
  }
}
