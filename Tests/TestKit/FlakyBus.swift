import Bus
import Competition
import Redis
import Synchronization

/// A bus in memory whose Redis is away when a test says so, for everything or for some of what it does.
public final class FlakyBus: Bus {
  public enum Operation: Sendable, CaseIterable { case publish, schedule, promote, consume, inspect }

  public let memory: MemoryBus
  private let state: Mutex<(refused: Set<Operation>, scheduled: Int)>

  public init(_ memory: MemoryBus, refusing refused: Set<Operation> = []) {
    self.memory = memory
    state = Mutex((refused, 0))
  }

  public var isAway: Bool {
    get { state.withLock { $0.refused.count == Operation.allCases.count } }
    set { state.withLock { $0.refused = newValue ? Set(Operation.allCases) : [] } }
  }

  /// Tasks that were scheduled, each time that they were.
  public var scheduled: Int { state.withLock { $0.scheduled } }

  private func reach(_ operation: Operation) throws(BusError) {
    if state.withLock({ $0.refused.contains(operation) }) { throw .outage(.timedOut) }
  }

  public func publish<Message: BusMessage>(_ messages: [Message]) async throws(BusError) {
    try reach(.publish)
    try await memory.publish(messages)
  }

  public func schedule(_ tasks: [DelayedTask]) async throws(BusError) {
    try reach(.schedule)
    state.withLock { $0.scheduled += tasks.count }
    try await memory.schedule(tasks)
  }

  public func promote(now: Timestamp, limit: Int) async throws(BusError) -> Promotion {
    try reach(.promote)
    return try await memory.promote(now: now, limit: limit)
  }

  public func consumer<Message: BusMessage>(
    of message: Message.Type, name: String, settings: ConsumerSettings
  ) async throws(BusError) -> any BusConsumer<Message> {
    try reach(.consume)
    return try await memory.consumer(of: message, name: name, settings: settings)
  }

  public func missing(_ tasks: [ScoreTask]) async throws(BusError) -> [ScoreTask] {
    try reach(.inspect)
    return try await memory.missing(tasks)
  }

  public func checkForLoss() async throws(BusError) -> Bool {
    try reach(.inspect)
    return try await memory.checkForLoss()
  }

  public func trim() async throws(BusError) -> Int {
    try reach(.inspect)
    return try await memory.trim()
  }

  public func status() async throws(BusError) -> BusStatus {
    try reach(.inspect)
    return try await memory.status()
  }

  public func entries(of stream: BusStream, after: EntryID?, limit: Int) async throws(BusError) -> [BusEntry] {
    try reach(.inspect)
    return try await memory.entries(of: stream, after: after, limit: limit)
  }
}
