import Bus
import Competition
import ServiceKit
import Store

/// Asks PostgreSQL and Redis for all that is known of an id. What one of them knows is told while the other is away.
package actor Inquiry {
  let store: Store
  let bus: RedisBus
  let settings: ExplainSettings
  private let telling: @Sendable (any Error) -> String
  private var problems: [String] = []
  var view: (unread: Int, workers: [WorkerNote])?
  var hasLooked = false

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
  func known<Answer: Sendable>(_ ask: () async throws -> Answer) async -> Answer? {
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
}
