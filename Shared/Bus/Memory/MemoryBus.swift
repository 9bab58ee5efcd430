import Competition
import Synchronization

/// The bus in memory, a twin of `RedisBus` for tests and simulation: same names, same rules, no waiting. Time is what the
/// caller says it is.
public final class MemoryBus: Bus {
  struct Pending {
    var consumer: String
    /// When the entry was handed out or renewed; earlier when it was let go.
    var since: Timestamp
    var deliveries: Int
  }

  struct Group {
    var lastDelivered = EntryID(milliseconds: 0, sequence: 0)
    var pending: [EntryID: Pending] = [:]
    var consumers: [String: Timestamp] = [:]
  }

  struct Stream {
    var entries: [BusEntry] = []
    var parked: [BusEntry] = []
    var group: Group?

    func status(_ name: BusStream) -> BusStatus.Stream {
      let groups = group.map { group in
        let unread = entries.filter { $0.id > group.lastDelivered }
        return BusStatus.Group(
          name: name.group.rawValue, pending: group.pending.count, lag: unread.count,
          consumers: group.consumers.count, oldestUnread: unread.first?.id.time,
          oldestPending: group.pending.keys.min()?.time)
      }
      return BusStatus.Stream(
        stream: name, length: entries.count, parked: parked.count, groups: groups.map { [$0] } ?? [])
    }
  }

  struct State {
    var streams: [BusStream: Stream] = [:]
    var delayed: [ScoreTask: Timestamp] = [:]
    var workers: [String: (note: WorkerNote, expiry: Timestamp)] = [:]
    var isMarked = false
    var sequence: UInt64 = 0
  }

  let state = Mutex(State())
  let limits: BusLimits
  let clock: @Sendable () -> Timestamp

  /// - Parameter clock: the time that leases, delays and ids see.
  public init(limits: BusLimits = BusLimits(), clock: @escaping @Sendable () -> Timestamp) {
    self.limits = limits
    self.clock = clock
  }

  /// Forgets everything, as FLUSHALL does.
  public func flushAll() { state.withLock { $0 = State(sequence: $0.sequence) } }

  /// Forgets a stream's group with what is pending in it, as XGROUP DESTROY does.
  public func destroyGroup(of stream: BusStream) { state.withLock { $0.streams[stream]?.group = nil } }

  /// Removes entries whoever needs them, as XDEL does.
  public func delete(_ ids: [EntryID], from stream: BusStream) {
    state.withLock { $0.streams[stream]?.entries.removeAll { ids.contains($0.id) } }
  }

  /// Puts any fields into a stream, also such as no message has.
  public func append(_ fields: BusFields, to stream: BusStream) {
    let now = clock()
    state.withLock { $0.append(fields, to: stream, now: now) }
  }

  public func publish<Message: BusMessage>(_ messages: [Message]) throws(BusError) {
    guard !messages.isEmpty else { return }
    let now = clock()
    let full: Int? = state.withLock { state in
      let length = state.streams[Message.stream]?.entries.count ?? 0
      guard length < limits.streamLength else { return length }
      for message in messages { state.append(message.entry, to: Message.stream, now: now) }
      return nil
    }
    if let full { throw .backlog(Message.stream, length: full) }
  }

  public func schedule(_ tasks: [DelayedTask]) throws(BusError) {
    state.withLock { state in
      for delayed in tasks where state.delayed[delayed.task] == nil { state.delayed[delayed.task] = delayed.at }
    }
  }

  public func promote(limit: Int) throws(BusError) -> Promotion {
    let now = clock()
    return state.withLock { state in
      let room = limits.streamLength - (state.streams[.predictionsPending]?.entries.count ?? 0)
      let due = state.delayed.filter { $0.value <= now }.sorted(by: Self.isEarlier)
        .prefix(max(0, min(limit, room)))
      for (task, _) in due {
        state.append(task.entry, to: .predictionsPending, now: now)
        state.delayed[task] = nil
      }
      return Promotion(
        moved: due.count, nextDueIn: state.delayed.values.min().map { .seconds($0.seconds(since: now)) })
    }
  }

  /// By time, then by text: the order of a sorted set.
  private static func isEarlier(_ left: (key: ScoreTask, value: Timestamp), _ right: (key: ScoreTask, value: Timestamp))
    -> Bool
  {
    (left.value, left.key.inputID, left.key.scopeKey) < (right.value, right.key.inputID, right.key.scopeKey)
  }

  public func consumer<Message: BusMessage>(
    of message: Message.Type, name: String, settings: ConsumerSettings
  ) throws(BusError) -> any BusConsumer<Message> {
    state.withLock { $0.makeGroup(of: Message.stream) }
    return MemoryConsumer<Message>(bus: self, name: name, settings: settings)
  }

  public func missing(_ tasks: [ScoreTask]) throws(BusError) -> [ScoreTask]? {
    state.withLock { state in
      let stream = state.streams[.predictionsPending] ?? Stream()
      let unfinished = stream.entries.filter { entry in
        guard let group = stream.group else { return true }
        return entry.id > group.lastDelivered || group.pending[entry.id] != nil
      }
      guard unfinished.count <= limits.scan else { return nil }
      let present = Set(
        unfinished.map { entry in
          entry.fields.filter { $0.name == "input_id" || $0.name == "scope_key" }.map(\.value)
        })
      return tasks.filter { state.delayed[$0] == nil && !present.contains([$0.inputID, $0.scopeKey]) }
    }
  }

  public func checkForLoss() throws(BusError) -> Bool {
    state.withLock { state in
      defer { state.isMarked = true }
      return !state.isMarked
    }
  }

  public func trim(_ stream: BusStream, keeping: Int) throws(BusError) -> Int {
    state.withLock { state in
      guard let found = state.streams[stream], let group = found.group else { return 0 }
      let oldestPending = group.pending.keys.min()
      let removable = found.entries.prefix { entry in
        entry.id <= group.lastDelivered && (oldestPending.map { entry.id < $0 } ?? true)
      }
      let removed = max(0, min(removable.count, found.entries.count - keeping))
      state.streams[stream]?.entries.removeFirst(removed)
      return removed
    }
  }

  public func register(_ worker: WorkerNote, expiry: Duration) throws(BusError) {
    let until = clock().adding(seconds: expiry / .seconds(1))
    state.withLock { $0.workers[worker.name] = (worker, until) }
  }

  public func unregister(_ name: String) throws(BusError) { state.withLock { $0.workers[name] = nil } }

  public func workers() throws(BusError) -> [WorkerNote] {
    let now = clock()
    return state.withLock { $0.workers.values.filter { $0.expiry >= now }.map(\.note) }
      .sorted { ($0.service, $0.name) < ($1.service, $1.name) }
  }

  public func removeDeadConsumers() throws(BusError) -> Int {
    let now = clock()
    return state.withLock { state in
      var removed = 0
      for (stream, found) in state.streams {
        guard let group = found.group else { continue }
        for (name, seen) in group.consumers {
          let isDead = state.workers[name].map { $0.expiry < now } ?? (now.seconds(since: seen) >= 60)
          guard isDead, !group.pending.values.contains(where: { $0.consumer == name }) else { continue }
          state.streams[stream]?.group?.consumers[name] = nil
          removed += 1
        }
      }
      return removed
    }
  }

  public func status() throws(BusError) -> BusStatus {
    let now = clock()
    return state.withLock { state in
      BusStatus(
        streams: BusStream.allCases.map { (state.streams[$0] ?? Stream()).status($0) },
        delayed: state.delayed.count, overdue: state.delayed.values.count { $0 <= now },
        nextDue: state.delayed.values.min(), now: now)
    }
  }

  public func status(of stream: BusStream) throws(BusError) -> BusStatus.Stream {
    state.withLock { ($0.streams[stream] ?? Stream()).status(stream) }
  }

  public func entries(of stream: BusStream, after: EntryID?, limit: Int) throws(BusError) -> [BusEntry] {
    let entries = state.withLock { $0.streams[stream]?.entries ?? [] }
    if let after { return Array(entries.filter { $0.id > after }.prefix(limit)) }
    return Array(entries.suffix(limit))
  }

  public func pending(of stream: BusStream, limit: Int) throws(BusError) -> [PendingEntry] {
    let now = clock()
    let pending = state.withLock { $0.streams[stream]?.group?.pending ?? [:] }
    return pending.sorted { $0.key < $1.key }.prefix(limit).map { id, entry in
      PendingEntry(
        id: id, consumer: entry.consumer, idle: .seconds(now.seconds(since: entry.since)),
        deliveries: entry.deliveries)
    }
  }

  public func consumers(of stream: BusStream) throws(BusError) -> [ConsumerInfo] {
    let now = clock()
    guard let group = state.withLock({ $0.streams[stream]?.group }) else { return [] }
    return group.consumers.sorted { $0.key < $1.key }.map { name, seen in
      ConsumerInfo(
        name: name, pending: group.pending.values.count { $0.consumer == name },
        idle: .seconds(now.seconds(since: seen)))
    }
  }
}

extension MemoryBus.State {
  init(sequence: UInt64) { self.sequence = sequence }

  mutating func append(_ fields: BusFields, to stream: BusStream, now: Timestamp) {
    sequence += 1
    let id = EntryID(milliseconds: UInt64(max(0, now.microseconds / 1_000)), sequence: sequence)
    streams[stream, default: MemoryBus.Stream()].entries.append(BusEntry(id: id, fields: fields))
  }

  mutating func makeGroup(of stream: BusStream) {
    let group = streams[stream]?.group ?? MemoryBus.Group()
    streams[stream, default: MemoryBus.Stream()].group = group
  }
}
