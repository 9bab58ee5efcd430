import Bus
import Competition
import Redis
import Synchronization

/// A bus in memory whose Redis is away when a test says so, for everything or for some of what it does.
public final class FlakyBus: Bus {
  public enum Operation: Sendable, CaseIterable { case publish, schedule, promote, consume, inspect }

  public let memory: MemoryBus
  private let state: Mutex<(refused: Set<Operation>, scheduled: Int, losesAnswers: Bool, hidesEntries: Bool)>

  public init(_ memory: MemoryBus, refusing refused: Set<Operation> = []) {
    self.memory = memory
    state = Mutex((refused, 0, false, false))
  }

  public var isAway: Bool {
    get { state.withLock { $0.refused.count == Operation.allCases.count } }
    set { state.withLock { $0.refused = newValue ? Set(Operation.allCases) : [] } }
  }

  /// Whether what is published arrives, and the answer does not.
  public var losesAnswers: Bool {
    get { state.withLock { $0.losesAnswers } }
    set { state.withLock { $0.losesAnswers = newValue } }
  }

  /// Whether its user has no right to read entries.
  public var hidesEntries: Bool {
    get { state.withLock { $0.hidesEntries } }
    set { state.withLock { $0.hidesEntries = newValue } }
  }

  /// Tasks that were scheduled, each time that they were.
  public var scheduled: Int { state.withLock { $0.scheduled } }

  private func reach(_ operation: Operation) throws(BusError) {
    if state.withLock({ $0.refused.contains(operation) }) { throw .outage(.timedOut) }
  }

  public func publish<Message: BusMessage>(_ messages: [Message]) async throws(BusError) {
    try reach(.publish)
    try memory.publish(messages)
    if losesAnswers { throw .outage(.timedOut) }
  }

  public func schedule(_ tasks: [DelayedTask]) async throws(BusError) {
    try reach(.schedule)
    state.withLock { $0.scheduled += tasks.count }
    try memory.schedule(tasks)
  }

  public func promote(limit: Int) async throws(BusError) -> Promotion {
    try reach(.promote)
    return try memory.promote(limit: limit)
  }

  public func consumer<Message: BusMessage>(
    of message: Message.Type, name: String, settings: ConsumerSettings
  ) async throws(BusError) -> any BusConsumer<Message> {
    try reach(.consume)
    return try memory.consumer(of: message, name: name, settings: settings)
  }

  public func missing(_ tasks: [ScoreTask]) async throws(BusError) -> [ScoreTask]? {
    try reach(.inspect)
    return try memory.missing(tasks)
  }

  public func checkForLoss() async throws(BusError) -> Bool {
    try reach(.inspect)
    return try memory.checkForLoss()
  }

  public func trim(_ stream: BusStream, keeping: Int) async throws(BusError) -> Int {
    try reach(.inspect)
    return try memory.trim(stream, keeping: keeping)
  }

  public func register(_ worker: WorkerNote, expiry: Duration) async throws(BusError) {
    try reach(.inspect)
    try memory.register(worker, expiry: expiry)
  }

  public func unregister(_ name: String) async throws(BusError) {
    try reach(.inspect)
    try memory.unregister(name)
  }

  public func workers() async throws(BusError) -> [WorkerNote] {
    try reach(.inspect)
    return try memory.workers()
  }

  public func removeDeadConsumers() async throws(BusError) -> Int {
    try reach(.inspect)
    return try memory.removeDeadConsumers()
  }

  public func pending(of stream: BusStream, limit: Int) async throws(BusError) -> [PendingEntry] {
    try reach(.inspect)
    return try memory.pending(of: stream, limit: limit)
  }

  public func consumers(of stream: BusStream) async throws(BusError) -> [ConsumerInfo] {
    try reach(.inspect)
    return try memory.consumers(of: stream)
  }

  public func status() async throws(BusError) -> BusStatus {
    try reach(.inspect)
    return try memory.status()
  }

  public func status(of stream: BusStream) async throws(BusError) -> BusStatus.Stream {
    try reach(.inspect)
    return try memory.status(of: stream)
  }

  public func entries(of stream: BusStream, after: EntryID?, limit: Int) async throws(BusError) -> [BusEntry] {
    try reach(.inspect)
    if hidesEntries { throw .failure(.refused("NOPERM this user has no permissions to run the 'xrange' command")) }
    return try memory.entries(of: stream, after: after, limit: limit)
  }
}
