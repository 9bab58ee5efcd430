import Bus
import Callables
import Competition
import Logging
import Metrics
import Models
import ServiceKit
import Store

/// Follows the feed: keeps the window of every subject, shows it to the models, and opens the slots that are due.
/// Records come from the stream; those that the stream lost are read from PostgreSQL and take the same way.
actor FeedFollower {
  private let store: Store
  private let cluster: ModelCluster
  private let caller: SlotCaller
  private let committer: AnswerCommitter
  private let contract: CrunchContract
  private let records: PredictionRecord
  private let inputs: InputBuilder
  private let logger: Logger
  private let workerName: String
  private let windowRecords: Int
  /// Whether records come from a tape: then their time is the clock, and each waits for the answers to the one before.
  private let isTape: Bool

  private var windows: [FeedKey: SubjectWindow] = [:]
  private var due: DueSlots
  private var configs: [ScheduledPredictionConfig] = []
  private var known = KnownModels()
  private let startedAt = ContinuousClock.now
  /// Whether it was said that there are none.
  private var saidNobody = false
  private var stored = StoredModels()

  /// How long models of before may take to come back after a start.
  private static let patience: Duration = .seconds(30)

  init(
    store: Store, cluster: ModelCluster, caller: SlotCaller, committer: AnswerCommitter, contract: CrunchContract,
    records: PredictionRecord, inputs: InputBuilder = InputBuilder(), due: DueSlots, workerName: String,
    windowRecords: Int, isTape: Bool = false, logger: Logger
  ) {
    self.store = store
    self.cluster = cluster
    self.caller = caller
    self.committer = committer
    self.contract = contract
    self.records = records
    self.inputs = inputs
    self.due = due
    self.workerName = workerName
    self.windowRecords = windowRecords
    self.isTape = isTape
    self.logger = logger
  }

  /// Fills the windows with the newest stored records and reads the configs.
  func load(_ keys: [FeedKey]) async throws {
    configs = try await store.configs.active()
    if !known.isRecalled { known.recall(try await KnownModels.earlier(in: store)) }
    if configs.isEmpty, !contract.hasOnlyRounds {
      logger.warning("no active prediction config: models are fed and not asked; see `coordinator db init`")
    }
    // A tape is ahead of its listeners: what it has stored is the future.
    guard !isTape else { return try await awaitModels() }
    for key in keys { try await handle(store.feeds.newest(of: key, limit: windowRecords), firing: false) }
  }

  /// Reads the configs again: one that is new or changed starts with its next slot. Models are stored once more then,
  /// should somebody else have changed or removed them.
  func refreshConfigs() async throws {
    configs = try await store.configs.active()
    stored.forget()
  }

  /// Reads what PostgreSQL has and the windows lack: records that were backfilled, or that the stream lost.
  func catchUp() async throws {
    guard !isTape else { return }
    for key in windows.keys { try await handle(store.feeds.newest(of: key, limit: windowRecords)) }
  }

  /// Takes in records in their order, opens the slots that are due, shows the newest windows to the models, and has them
  /// asked. The slots' rows are committed before the models get to work: they would compete for the cores.
  func handle(_ incoming: [FeedRecord], firing: Bool = true) async throws {
    guard isTape else { return try await take(incoming, firing: firing) }
    for record in incoming { try await take([record], firing: firing) }
  }

  /// Waits until models have joined and for two seconds no more came: a tape must find the same ones whenever it is played.
  private func awaitModels() async throws {
    var count = 0
    var since = ContinuousClock.now
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      let joined = await cluster.models().count
      if joined != count { (count, since) = (joined, .now) }
      if count > 0, ContinuousClock.now - since > .seconds(2) { return }
      await rest(.milliseconds(100))
    }
  }

  private func take(_ incoming: [FeedRecord], firing: Bool) async throws {
    var changed: Set<FeedKey> = []
    var news: [FeedRecord] = []
    for record in incoming {
      let isChange = windows[record.key, default: SubjectWindow(capacity: windowRecords)].insert(record)
      if isChange { changed.insert(record.key) }
      if firing, windows[record.key]?.isNews(record) == true { news.append(record) }
    }
    let now = time(of: incoming)
    var inputs: [FeedKey: JSONObject] = [:]
    for key in changed.union(news.map(\.key)) { inputs[key] = await input(key, now: now) }
    let shown = changed.compactMap { key in
      inputs[key].map { (data: EncodedArgument.json(.object($0)), subject: key.subject) }
    }
    let dispatched = ContinuousClock.now
    for (data, subject) in shown { await cluster.tick(data, subject: subject) }
    var opened: [OpenSlot] = []
    for record in DueSlots.firing(news) {
      let slots = due.due(
        record: record, configs: configs, now: time(of: [record]), answersFrom: isTape ? Timestamp.now() : nil)
      if let data = inputs[record.key], !slots.isEmpty { opened += try await open(slots, for: record, showing: data) }
    }
    for slot in opened {
      if isTape { await caller.ask(slot, since: dispatched) } else { caller.call(slot, since: dispatched) }
    }
  }

  /// What time it is when these records are handled.
  private func time(of records: [FeedRecord]) -> Timestamp {
    isTape ? records.map(\.knownTime).max() ?? Timestamp.now() : Timestamp.now()
  }

  /// What models are shown of a feed now; nil when the competition's own function fails to make it, which is logged.
  private func input(_ key: FeedKey, now: Timestamp) async -> JSONObject? {
    let raw = ModelInput.candles(window: windows[key]?.records ?? [], subject: key.subject, now: now)
    do { return try await inputs.input(raw) } catch {
      Counter(label: "coordinator_input_failures_total").increment()
      logger.error(
        "models are shown and asked nothing: their input cannot be made",
        metadata: ["subject": "\(key.subject)", "cause": "\(error)"])
      return nil
    }
  }

  /// Commits the slots' rows and answers those whose models are to be asked. A slot that another worker opened is that
  /// worker's.
  private func open(_ slots: [PredictionSlot], for record: FeedRecord, showing data: JSONObject) async throws
    -> [OpenSlot]
  {
    let now = slots[0].performedAt
    let connected = await cluster.models().map { Model($0, createdAt: now) }
    let absent = known.absent(
      without: connected.map(\.id), hadTime: ContinuousClock.now - startedAt > Self.patience)
    known.note(connected.map(\.id))
    guard !known.isEmpty else {
      if !saidNobody { logger.warning("no model has joined yet: nothing is asked until one does") }
      saidNobody = true
      return []
    }
    let input = Input(id: slots[0].inputID, rawData: data, receivedAt: now)
    let news = stored.news(in: connected)
    let won = try await persistently("open slots", logger: logger) {
      try await self.store.slots.open(input, slots: slots, models: connected, news: news, worker: self.workerName)
    }
    stored.note(news)
    try await FailPoint.predictAfterSlot.reach()
    Counter(label: "coordinator_slots_total").increment(by: won.count)
    Metrics.Timer(label: "coordinator_record_to_slot_seconds").recordSeconds(
      Timestamp.now().seconds(since: record.ingestedTime))
    let opened = won.map { OpenSlot($0, modelIDs: connected.map(\.id), configs: configs) }
    for slot in opened {
      for model in absent { await committer.put(.prediction(records.absence(of: model, slot: slot), of: slot.slot)) }
    }
    return opened
  }
}

extension Model {
  init(_ connected: ConnectedModel, createdAt: Timestamp) {
    self.init(
      id: connected.id, name: connected.name, playerID: connected.playerID, playerName: connected.playerName,
      deploymentIdentifier: connected.deploymentIdentifier, createdAt: createdAt)
  }
}
