import Competition
import Redis

@testable import Bus

/// A process's connection to Redis: each call may be late, lost before its effect or after it, or the last.
struct SimulatedBus: Bus {
  let bus: MemoryBus
  let process: SimulatedProcess
  let acknowledgements: AcknowledgementAudit

  /// Entries of a stream that are kept although all are done with them; few, so that trimming has something to do.
  private static let entriesKept = 2

  func call<Result>(
    _ name: String, _ detail: @autoclosure () -> String = "", _ work: () async throws(BusError) -> Result
  ) async throws(BusError) -> Result {
    try check(await process.pass(.before, name, .redis))
    let result = try await work()
    process.conditions.note("\(process.name) \(name) \(detail())")
    try check(await process.pass(.after, name, .redis))
    return result
  }

  private func check(_ passage: SimulatedProcess.Passage) throws(BusError) {
    switch passage {
    case .clear: break
    case .outage: throw .outage(.unavailable("the connection is lost"))
    case .dead: throw .failure(.unexpectedAnswer("this process was killed"))
    }
  }

  func publish<Message: BusMessage>(_ messages: [Message]) async throws(BusError) {
    try await call("publish") { () async throws(BusError) in try bus.publish(messages) }
  }

  func schedule(_ tasks: [DelayedTask]) async throws(BusError) {
    try await call("schedule", tasks.map(\.task.inputID).sorted().joined(separator: " ")) {
      () async throws(BusError) in try bus.schedule(tasks)
    }
  }

  func promote(limit: Int) async throws(BusError) -> Promotion {
    let promotion = try await call("promote") { () async throws(BusError) in try bus.promote(limit: limit) }
    return promotion
  }

  func consumer<Message: BusMessage>(
    of message: Message.Type, name: String, settings: ConsumerSettings
  ) async throws(BusError) -> any BusConsumer<Message> {
    let consumer = try await call("consumer") { () async throws(BusError) in
      try bus.consumer(of: message, name: name, settings: settings)
    }
    return SimulatedConsumer<Message>(consumer: consumer, connection: self)
  }

  func missing(_ tasks: [ScoreTask]) async throws(BusError) -> [ScoreTask]? {
    try await call("missing") { () async throws(BusError) in try bus.missing(tasks) }
  }

  func checkForLoss() async throws(BusError) -> Bool {
    try await call("checkForLoss") { () async throws(BusError) in try bus.checkForLoss() }
  }

  func trim(_ stream: BusStream, keeping: Int) async throws(BusError) -> Int {
    try await call("trim", stream.rawValue) { () async throws(BusError) in
      let needed = bus.neededEntries(of: stream)
      let removed = try bus.trim(stream, keeping: min(keeping, Self.entriesKept))
      let lost = needed.subtracting(bus.neededEntries(of: stream))
      if !lost.isEmpty { process.conditions.violate("I11", "\(stream.rawValue) lost \(lost.sorted()) by a trim") }
      return removed
    }
  }

  func register(_ worker: WorkerNote, expiry: Duration) async throws(BusError) {
    try await call("register") { () async throws(BusError) in try bus.register(worker, expiry: expiry) }
  }
  func unregister(_ name: String) async throws(BusError) {
    try await call("unregister") { () async throws(BusError) in try bus.unregister(name) }
  }
  func workers() async throws(BusError) -> [WorkerNote] {
    try await call("workers") { () async throws(BusError) in try bus.workers() }
  }
  func removeDeadConsumers() async throws(BusError) -> Int {
    try await call("removeDeadConsumers") { () async throws(BusError) in try bus.removeDeadConsumers() }
  }
  func status() async throws(BusError) -> BusStatus {
    try await call("status") { () async throws(BusError) in try bus.status() }
  }
  func status(of stream: BusStream) async throws(BusError) -> BusStatus.Stream {
    try await call("status of \(stream)") { () async throws(BusError) in try bus.status(of: stream) }
  }
  func entries(of stream: BusStream, after: EntryID?, limit: Int) async throws(BusError) -> [BusEntry] {
    try await call("entries") { () async throws(BusError) in try bus.entries(of: stream, after: after, limit: limit) }
  }
  func pending(of stream: BusStream, limit: Int) async throws(BusError) -> [PendingEntry] {
    try await call("pending") { () async throws(BusError) in try bus.pending(of: stream, limit: limit) }
  }
  func consumers(of stream: BusStream) async throws(BusError) -> [ConsumerInfo] {
    try await call("consumers") { () async throws(BusError) in try bus.consumers(of: stream) }
  }
}

extension MemoryBus {
  /// Entries in the stream that its group has not read, or works on.
  func neededEntries(of stream: BusStream) -> Set<EntryID> {
    state.withLock { state in
      guard let found = state.streams[stream], let group = found.group else { return [] }
      return Set(found.entries.map(\.id).filter { $0 > group.lastDelivered || group.pending[$0] != nil })
    }
  }

  /// Who has an entry in work.
  func owner(of id: EntryID, in stream: BusStream) -> String? {
    state.withLock { $0.streams[stream]?.group?.pending[id]?.consumer }
  }
}
