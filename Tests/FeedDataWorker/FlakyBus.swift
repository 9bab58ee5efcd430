import Bus
import Competition
import Redis
import Synchronization

/// A bus in memory that takes nothing while its Redis is away.
final class FlakyBus: Bus {
  let memory: MemoryBus
  private let away = Mutex(false)

  init(_ memory: MemoryBus) { self.memory = memory }

  var isAway: Bool {
    get { away.withLock { $0 } }
    set { away.withLock { $0 = newValue } }
  }

  private func reach() throws(BusError) {
    if isAway { throw .outage(.timedOut) }
  }

  func publish<Message: BusMessage>(_ messages: [Message]) async throws(BusError) {
    try reach()
    try await memory.publish(messages)
  }

  func schedule(_ tasks: [DelayedTask]) async throws(BusError) {
    try reach()
    try await memory.schedule(tasks)
  }

  func promote(now: Timestamp, limit: Int) async throws(BusError) -> Promotion {
    try reach()
    return try await memory.promote(now: now, limit: limit)
  }

  func consumer<Message: BusMessage>(
    of message: Message.Type, name: String, settings: ConsumerSettings
  ) async throws(BusError) -> any BusConsumer<Message> {
    try reach()
    return try await memory.consumer(of: message, name: name, settings: settings)
  }

  func missing(_ tasks: [ScoreTask]) async throws(BusError) -> [ScoreTask] {
    try reach()
    return try await memory.missing(tasks)
  }

  func checkForLoss() async throws(BusError) -> Bool {
    try reach()
    return try await memory.checkForLoss()
  }

  func trim() async throws(BusError) -> Int {
    try reach()
    return try await memory.trim()
  }

  func status() async throws(BusError) -> BusStatus {
    try reach()
    return try await memory.status()
  }

  func entries(of stream: BusStream, after: EntryID?, limit: Int) async throws(BusError) -> [BusEntry] {
    try reach()
    return try await memory.entries(of: stream, after: after, limit: limit)
  }
}
