import Bus
import Competition
import ServiceKit
import Store

/// Asks PostgreSQL and Redis for all that is known of an id. What one of them knows is told while the other is away.
package actor Inquiry {
  private let store: Store
  private let bus: RedisBus
  private let settings: ExplainSettings
  private let telling: @Sendable (any Error) -> String
  private var problems: [String] = []
  private var view: (unread: Int, workers: [WorkerNote])?
  private var hasLooked = false

  /// - Parameter telling: what is said of a failure; what servers say themselves is for operators, not for everybody.
  package init(
    store: Store, bus: RedisBus, settings: ExplainSettings,
    telling: @escaping @Sendable (any Error) -> String = { "\($0)" }
  ) {
    self.telling = telling
    self.store = store
    self.bus = bus
    self.settings = settings
  }

  /// - Returns: a story for each thing that has this id, and what could not be asked.
  package func stories(of id: String) async -> (told: [Story], problems: [String]) {
    var told = await known { try await fromTables(id) } ?? []
    if let entry = EntryID(id) { told += await known { try await stories(ofEntry: entry) } ?? [] }
    if told.isEmpty, let story = await known({ try await worker(id) }) ?? nil { told.append(story) }
    return (told, problems)
  }

  /// What is answered; nil, and a problem noted, when a server is away.
  private func known<Answer: Sendable>(_ ask: () async throws -> Answer) async -> Answer? {
    do { return try await ask() } catch {
      let text = telling(error)
      if !problems.contains(text) { problems.append(text) }
      return nil
    }
  }

  // MARK: Tables

  private func fromTables(_ id: String) async throws -> [Story] {
    let now = try await store.now()
    var stories: [Story] = []
    for kind in try await store.explanations.kinds(of: id) {
      if let story = try await story(kind, id, now) { stories.append(story) }
    }
    if let number = Int64(id), let letter = try await store.deadLetters.letter(id: number) {
      stories.append(Story(letter, task: try await task(letter.payload, now)))
    }
    return stories
  }

  private func story(_ kind: ExplainStore.Kind, _ id: String, _ now: Timestamp) async throws -> Story? {
    let explanations = store.explanations
    switch kind {
    case .prediction: return try await prediction(id, now)
    case .score:
      guard let owner = try await explanations.predictionID(ofScore: id) else { return nil }
      return try await prediction(owner, now)
    case .input: return try await input(id, now)
    case .snapshot: return try await explanations.snapshot(id: id).map { Story($0) }
    case .checkpoint: return try await explanations.checkpoint(id: id).map { Story($0) }
    case .leaderboard: return try await explanations.leaderboard(id: id).map { Story($0.board, newestID: $0.newestID) }
    case .config:
      guard let config = try await store.configs.all().first(where: { $0.id == id }) else { return nil }
      return Story(config, slots: try await explanations.newestSlots(config: id), now: now)
    case .model: return try await explanations.model(id: id).map { Story($0, now: now) }
    case .feedRecord: return try await record(id)
    case .round:
      guard let round = try await store.rounds.round(id: id) else { return nil }
      return Story(round, counts: try await store.rounds.counts(ofRound: round.id))
    case .watermark:
      guard let feed = try await explanations.feed(watermark: id) else { return nil }
      return Story(feed, id: id, newest: try await store.feeds.newest(of: feed.key), now: now)
    }
  }

  private func prediction(_ id: String, _ now: Timestamp) async throws -> Story? {
    guard let trace = try await store.explanations.prediction(id: id) else { return nil }
    let prediction = trace.prediction
    let task = try await task(TaskKey(inputID: prediction.inputID, scopeKey: prediction.scopeKey), now)
    return Story(trace, task: task?.trace, outlook: task?.outlook)
  }

  private func input(_ id: String, _ now: Timestamp) async throws -> Story? {
    guard let input = try await store.inputs.load(ids: [id]).first else { return nil }
    var tasks: [(trace: TaskTrace, outlook: TaskOutlook?)] = []
    for scope in try await store.explanations.scopeKeys(input: id) {
      if let task = try await task(TaskKey(inputID: id, scopeKey: scope), now) { tasks.append(task) }
    }
    return Story(input, tasks: tasks)
  }

  private func record(_ id: String) async throws -> Story? {
    guard let record = try await store.explanations.record(id: id) else { return nil }
    let names = [nil, record.key.subject].map { RecordIDs.input(at: record.knownTime, subject: $0) }
    let inputs = try await store.inputs.load(ids: names).map(\.id)
    return Story(record, id: id, inputs: inputs, keptDays: settings.feed.recordTTLDays)
  }

  // MARK: Tasks

  private func task(_ payload: JSONObject, _ now: Timestamp) async throws -> (trace: TaskTrace, outlook: TaskOutlook?)?
  {
    guard let input = payload["input_id"]?.string, let scope = payload["scope_key"]?.string else { return nil }
    return try await task(TaskKey(inputID: input, scopeKey: scope), now)
  }

  /// A task, with its outlook when predictions of it wait for their score.
  private func task(_ key: TaskKey, _ now: Timestamp) async throws -> (trace: TaskTrace, outlook: TaskOutlook?)? {
    guard let trace = try await store.explanations.task(key) else { return nil }
    guard trace.counts[.pending] != nil else { return (trace, nil) }
    let truth: TruthState
    if let stored = trace.truth {
      truth = .known(at: stored.resolvedAt)
    } else if let round = trace.round {
      truth = .unposted(round: round)
    } else if trace.resolvableAt <= trace.performedAt {
      truth = .ready
    } else {
      truth = try await Inquiry.truth(of: trace, store: store, settings: settings, now: now)
    }
    let pause = try await store.pauses.all().first { $0.stream == BusStream.predictionsPending.rawValue }
    let situation = TaskOutlook.Situation(
      resolvableAt: trace.resolvableAt, truth: truth, redis: await redis(trace), pause: pause,
      leaseSeconds: settings.score.leaseSeconds, maxDeliveries: settings.score.policy.maxDeliveries, now: now)
    return (trace, TaskOutlook(situation))
  }

  private func redis(_ trace: TaskTrace) async -> TaskOutlook.Redis? {
    await look()
    guard let view else { return nil }
    let task = ScoreTask(
      inputID: trace.key.inputID, scopeKey: trace.key.scopeKey, configID: trace.configID,
      subject: trace.scope["subject"]?.string ?? "", performedAt: trace.performedAt, resolvableAt: trace.resolvableAt)
    guard let places = await known({ try await bus.places(of: task) }) else { return nil }
    return TaskOutlook.Redis(places: places, workers: view.workers, unread: view.unread)
  }

  /// Looks at the streams and the workers, once.
  private func look() async {
    guard !hasLooked else { return }
    hasLooked = true
    view = await known {
      let status = try await bus.status()
      // Without the group nobody has taken anything.
      let unread =
        status.group(of: .predictionsPending)?.lag ?? status.stream(.predictionsPending)?.length ?? 0
      return (unread, try await bus.workers())
    }
  }

  /// Decides like a score worker whether the truth could be known now, and stores nothing.
  private static func truth(
    of trace: TaskTrace, store: Store, settings: ExplainSettings, now: Timestamp
  ) async throws -> TruthState {
    let fallback = settings.score.feed.keys[0]
    let scope = trace.scope
    let feed = FeedKey(
      source: scope["source"]?.string ?? fallback.source, subject: scope["subject"]?.string ?? fallback.subject,
      kind: scope["kind"]?.string.map { FeedKind(rawValue: $0) } ?? fallback.kind,
      granularity: scope["granularity"]?.string ?? fallback.granularity)
    let resolver = GroundTruthResolver(
      contract: settings.score.contract, graceSeconds: settings.score.graceSeconds,
      maxWaitSeconds: settings.score.maxWaitSeconds)
    let query = resolver.query(feed: feed, performedAt: trace.performedAt, resolvableAt: trace.resolvableAt)
    let newest = try await store.feeds.newest(of: feed)
    let records = try await store.feeds.records(of: feed, from: query.from, through: query.through, limit: 100_000)
    let passedAt = try await store.feeds.first(of: feed, after: query.through)?.ingestedTime
    let gaps = feed.kind == .candle ? [] : try await store.gaps.open(of: feed, from: query.from, through: query.through)
    let decision = resolver.resolve(
      query, records: records, newest: newest, passedAt: passedAt, gaps: gaps, inputID: trace.key.inputID,
      scopeKey: trace.key.scopeKey, now: now)
    return TruthState(
      decision,
      TruthState.Records(
        feed: feed, closed: Set(records.filter(\.isClosed).map(\.eventTime)), newest: newest?.eventTime,
        passedAt: passedAt, gaps: gaps),
      performedAt: trace.performedAt, resolvableAt: trace.resolvableAt, graceSeconds: settings.score.graceSeconds,
      maxWaitSeconds: settings.score.maxWaitSeconds)
  }

  // MARK: Entries and workers

  private func stories(ofEntry id: EntryID) async throws -> [Story] {
    await look()
    var found: [(stream: BusStream, fields: BusFields, place: EntryPlace)] = []
    for stream in BusStream.allCases where view != nil {
      if let entry = await known({ try await bus.entry(id, of: stream) }) ?? nil {
        found.append((stream, entry.entry.fields, entry.place))
      }
    }
    let rows = await known {
      let letters = try await store.explanations.letters(
        entry: id.description, streams: BusStream.allCases.map(\.rawValue))
      return (runs: try await store.explanations.runs(entry: id.description), letters: letters)
    }
    let runs = rows?.runs ?? []
    let letters = rows?.letters ?? []
    var stories: [Story] = []
    for (stream, fields, place) in found {
      let payload = JSONObject(fields.map { ($0.name, .string($0.value)) })
      stories.append(
        Story(
          entry: id, stream: stream, fields: fields, place: place,
          runs: stream == .predictionsPending ? runs : [], letters: letters.filter { $0.stream == stream.rawValue },
          task: stream == .predictionsPending ? await ownTask(payload) : nil, workers: view?.workers ?? []))
    }
    guard found.isEmpty, !runs.isEmpty || !letters.isEmpty else { return stories }
    let payload: JSONObject =
      letters.first?.payload
      ?? runs.first.map { ["input_id": .string($0.key.inputID), "scope_key": .string($0.key.scopeKey)] } ?? [:]
    return [
      Story(
        entry: id, stream: letters.first.flatMap { BusStream(rawValue: $0.stream) } ?? .predictionsPending,
        fields: payload.map { (name: $0.key, value: $0.value.string ?? $0.value.text) }, place: nil, runs: runs,
        letters: letters, task: await ownTask(payload), workers: view?.workers ?? [])
    ]
  }

  private func ownTask(_ payload: JSONObject) async -> (trace: TaskTrace, outlook: TaskOutlook?)? {
    await known { try await task(payload, try await store.now()) } ?? nil
  }

  private func worker(_ name: String) async throws -> Story? {
    await look()
    let note = view?.workers.first { $0.name == name }
    var pending: [(stream: BusStream, entry: PendingEntry)] = []
    for stream in BusStream.allCases where view != nil {
      let entries = await known { try await bus.pending(of: stream, limit: 10_000) } ?? []
      pending += entries.filter { $0.consumer == name }.map { (stream, $0) }
    }
    let trace =
      await known { try await store.explanations.worker(name: name) }
      ?? WorkerTrace()
    let isKnown = note != nil || !pending.isEmpty || trace != WorkerTrace()
    guard isKnown else { return nil }
    return Story(worker: name, note: note, trace: trace, pending: pending, isRedisAway: view == nil)
  }
}
