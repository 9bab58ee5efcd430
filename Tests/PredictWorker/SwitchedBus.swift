import Bus
import Competition
import Redis
import Synchronization

/// A bus in memory whose delayed set takes nothing while its Redis is away, and counts what it takes.
final class SwitchedBus: Bus {
  let memory = MemoryBus { Sample.minute }
  private let state = Mutex((isAway: false, scheduled: 0))

  var isAway: Bool {
    get { state.withLock { $0.isAway } }
    set { state.withLock { $0.isAway = newValue } }
  }
  /// Tasks that were scheduled, each time.
  var scheduled: Int { state.withLock { $0.scheduled } }

  func schedule(_ tasks: [DelayedTask]) async throws(BusError) {
    if isAway { throw .outage(.timedOut) }
    state.withLock { $0.scheduled += tasks.count }
    try await memory.schedule(tasks)
  }

  func publish<Message: BusMessage>(_ messages: [Message]) async throws(BusError) { try await memory.publish(messages) }
  func promote(now: Timestamp, limit: Int) async throws(BusError) -> Promotion {
    try await memory.promote(now: now, limit: limit)
  }
  func consumer<Message: BusMessage>(
    of message: Message.Type, name: String, settings: ConsumerSettings
  ) async throws(BusError) -> any BusConsumer<Message> {
    try await memory.consumer(of: message, name: name, settings: settings)
  }
  func missing(_ tasks: [ScoreTask]) async throws(BusError) -> [ScoreTask] { try await memory.missing(tasks) }
  func checkForLoss() async throws(BusError) -> Bool { try await memory.checkForLoss() }
  func trim() async throws(BusError) -> Int { try await memory.trim() }
  func status() async throws(BusError) -> BusStatus { try await memory.status() }
  func entries(of stream: BusStream, after: EntryID?, limit: Int) async throws(BusError) -> [BusEntry] {
    try await memory.entries(of: stream, after: after, limit: limit)
  }
}
