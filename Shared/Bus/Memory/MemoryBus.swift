import Competition

/// The bus in memory, a twin of `RedisBus` for tests and simulation: same names, same rules, no waiting. Time is what the
/// caller says it is.
public actor MemoryBus: Bus {
  struct Pending {
    var consumer: String
    var since: Timestamp
  }

  struct Group {
    var lastDelivered = EntryID(milliseconds: 0, sequence: 0)
    var pending: [EntryID: Pending] = [:]
    var consumers: Set<String> = []
  }

  struct Stream {
    var entries: [BusEntry] = []
    var group: Group?
  }

  private var streams: [BusStream: Stream] = [:]
  private var delayed: [ScoreTask: Timestamp] = [:]
  private var isMarked = false
  private var sequence: UInt64 = 0
  private let clock: @Sendable () -> Timestamp

  /// - Parameter clock: the time that leases and ids see.
  public init(clock: @escaping @Sendable () -> Timestamp) { self.clock = clock }

  /// Forgets everything, as FLUSHALL does.
  public func flushAll() {
    streams = [:]
    delayed = [:]
    isMarked = false
  }

  public func publish<Message: BusMessage>(_ messages: [Message]) throws(BusError) {
    for message in messages { append(message.entry, to: Message.stream) }
  }

  /// Puts any fields into a stream, also such as no message has.
  public func append(_ fields: BusFields, to stream: BusStream) {
    sequence += 1
    let id = EntryID(milliseconds: UInt64(max(0, clock().microseconds / 1_000)), sequence: sequence)
    streams[stream, default: Stream()].entries.append(BusEntry(id: id, fields: fields))
  }

  public func schedule(_ tasks: [DelayedTask]) throws(BusError) {
    for delayed in tasks where self.delayed[delayed.task] == nil { self.delayed[delayed.task] = delayed.at }
  }

  public func promote(now: Timestamp, limit: Int) throws(BusError) -> Promotion {
    let due = delayed.filter { $0.value <= now }.sorted { $0.value < $1.value }.prefix(limit)
    for (task, _) in due {
      append(task.entry, to: .predictionsPending)
      delayed[task] = nil
    }
    return Promotion(moved: due.count, nextDue: delayed.values.min())
  }

  public func consumer<Message: BusMessage>(
    of message: Message.Type, name: String, settings: ConsumerSettings
  ) throws(BusError) -> any BusConsumer<Message> {
    streams[Message.stream, default: Stream()].group = streams[Message.stream]?.group ?? Group()
    return MemoryConsumer<Message>(bus: self, name: name, lease: settings.lease)
  }

  public func missing(_ tasks: [ScoreTask]) throws(BusError) -> [ScoreTask] {
    let stream = streams[.predictionsPending] ?? Stream()
    let unfinished = stream.entries.filter { entry in
      guard let group = stream.group else { return true }
      return entry.id > group.lastDelivered || group.pending[entry.id] != nil
    }
    let present = Set(
      unfinished.map { entry in
        entry.fields.filter { $0.name == "input_id" || $0.name == "scope_key" }.map(\.value)
      })
    return tasks.filter { delayed[$0] == nil && !present.contains([$0.inputID, $0.scopeKey]) }
  }

  public func checkForLoss() throws(BusError) -> Bool {
    defer { isMarked = true }
    return !isMarked
  }

  public func trim() throws(BusError) -> Int {
    var removed = 0
    for (name, stream) in streams {
      guard let group = stream.group else { continue }
      let kept = stream.entries.filter {
        $0.id > group.lastDelivered || $0.id >= (group.pending.keys.min() ?? $0.id) && !group.pending.isEmpty
      }
      removed += stream.entries.count - kept.count
      streams[name]?.entries = kept
    }
    return removed
  }

  public func status() throws(BusError) -> BusStatus {
    let streams = BusStream.allCases.map { name in
      let stream = self.streams[name] ?? Stream()
      let groups = stream.group.map { group in
        let unread = stream.entries.filter { $0.id > group.lastDelivered }
        let oldest = (unread.map(\.id) + group.pending.keys).min()
        return BusStatus.Group(
          name: name.group.rawValue, pending: group.pending.count, lag: unread.count, consumers: group.consumers.count,
          oldestUnfinished: oldest.map { Timestamp(milliseconds: Int64($0.milliseconds)) })
      }
      return BusStatus.Stream(stream: name, length: stream.entries.count, groups: groups.map { [$0] } ?? [])
    }
    return BusStatus(streams: streams, delayed: delayed.count, nextDue: delayed.values.min())
  }

  public func entries(of stream: BusStream, after: EntryID?, limit: Int) throws(BusError) -> [BusEntry] {
    let entries = streams[stream]?.entries ?? []
    if let after { return Array(entries.filter { $0.id > after }.prefix(limit)) }
    return Array(entries.suffix(limit))
  }

  // MARK: What consumers do

  func read(_ stream: BusStream, _ consumer: String, count: Int) -> [BusEntry] {
    guard var found = streams[stream], var group = found.group else {
      streams[stream, default: Stream()].group = Group()
      return []
    }
    let fresh = Array(found.entries.filter { $0.id > group.lastDelivered }.prefix(count))
    group.consumers.insert(consumer)
    for entry in fresh { group.pending[entry.id] = Pending(consumer: consumer, since: clock()) }
    if let last = fresh.last { group.lastDelivered = last.id }
    found.group = group
    streams[stream] = found
    return fresh
  }

  func settle(_ stream: BusStream, _ ids: [EntryID], drop: Bool) {
    for id in ids { streams[stream]?.group?.pending[id] = nil }
    if drop { streams[stream]?.entries.removeAll { ids.contains($0.id) } }
  }

  func claim(_ stream: BusStream, _ consumer: String, _ ids: [EntryID], since: Timestamp) -> [EntryID] {
    let ours = ids.filter { streams[stream]?.group?.pending[$0]?.consumer == consumer }
    for id in ours { streams[stream]?.group?.pending[id]?.since = since }
    return ours
  }

  func reclaim(_ stream: BusStream, _ consumer: String, lease: Duration, count: Int) -> [BusEntry] {
    guard let found = streams[stream], let group = found.group else { return [] }
    let limit = clock().adding(seconds: -(lease / .seconds(1)))
    let stale = found.entries.filter { (group.pending[$0.id]?.since).map { $0 <= limit } ?? false }.prefix(count)
    for entry in stale { streams[stream]?.group?.pending[entry.id] = Pending(consumer: consumer, since: clock()) }
    return Array(stale)
  }

  func leave(_ stream: BusStream, _ consumer: String) {
    guard let group = streams[stream]?.group, !group.pending.values.contains(where: { $0.consumer == consumer })
    else { return }
    streams[stream]?.group?.consumers.remove(consumer)
  }

  func now() -> Timestamp { clock() }
}

/// A member of a group of the bus in memory.
struct MemoryConsumer<Message: BusMessage>: BusConsumer {
  let bus: MemoryBus
  let name: String
  let lease: Duration

  func read(count: Int, wait: Duration) async throws(BusError) -> Batch<Message> {
    await batch(await bus.read(Message.stream, name, count: count))
  }

  func acknowledge(_ ids: [EntryID]) async throws(BusError) { await bus.settle(Message.stream, ids, drop: false) }

  func renew(_ ids: [EntryID]) async throws(BusError) -> [EntryID] {
    await bus.claim(Message.stream, name, ids, since: await bus.now())
  }

  func release(_ ids: [EntryID]) async throws(BusError) {
    let long = await bus.now().adding(seconds: -(lease / .seconds(1)))
    _ = await bus.claim(Message.stream, name, ids, since: long)
  }

  func reclaim(count: Int) async throws(BusError) -> Batch<Message> {
    await batch(await bus.reclaim(Message.stream, name, lease: lease, count: count))
  }

  func leave() async throws(BusError) { await bus.leave(Message.stream, name) }

  private func batch(_ entries: [BusEntry]) async -> Batch<Message> {
    let batch = Batch<Message>(reading: entries)
    if !batch.droppedIDs.isEmpty { await bus.settle(Message.stream, batch.droppedIDs, drop: true) }
    return batch
  }
}
