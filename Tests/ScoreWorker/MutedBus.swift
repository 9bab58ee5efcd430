import Bus
import Competition
import Redis

/// A bus that takes no news; everything else is the one behind it.
struct MutedBus: Bus {
  let memory: MemoryBus

  init(_ memory: MemoryBus) { self.memory = memory }

  func publish<Message: BusMessage>(_ messages: [Message]) async throws(BusError) { throw .outage(.timedOut) }
  func schedule(_ tasks: [DelayedTask]) async throws(BusError) { try await memory.schedule(tasks) }
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
