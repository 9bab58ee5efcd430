import Competition
import ServiceKit
import Store
import TestKit
import Testing

/// PostgreSQL and its twin; every promise is checked on both.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible, Sendable {
  case postgres, memory
  var testDescription: String { rawValue }
}

/// A store with what a test does around it.
struct StoreHarness: Sendable {
  let store: any ScoringStore
  let record: @Sendable ([Prediction]) async throws -> Void
  let ingest: @Sendable ([FeedRecord]) async throws -> Void
  let open: @Sendable (PredictionSlot) async throws -> Void
  let answer: @Sendable (PredictionSlot) async throws -> Void
  let pause: @Sendable (String) async throws -> Void

  static let input = Input(id: "INP", rawData: ["symbol": "BTC"], receivedAt: Timestamp(seconds: 1_000))
  static let models = ["a", "b"].map { id in
    Model(
      id: id, name: "model \(id)", playerID: "p", playerName: "player", deploymentIdentifier: "d",
      createdAt: Timestamp(seconds: 1_000))
  }
  static let feed = FeedKey(source: "sim", subject: "BTC", kind: .candle, granularity: "1m")

  static func with(_ kind: StoreKind, _ body: @Sendable (StoreHarness) async throws -> Void) async throws {
    switch kind {
    case .memory: try await body(memory())
    case .postgres: try await TestDatabase.with { try await body(postgres($0.store)) }
    }
  }

  private static func memory() -> StoreHarness {
    let store = MemoryStore { .now() }
    store.upsert(models)
    store.add([input])
    return StoreHarness(
      store: store, record: { store.record($0) }, ingest: { store.ingest($0) }, open: { store.open($0) },
      answer: { store.answer($0) }, pause: { store.pause($0) })
  }

  private static func postgres(_ store: Store) async throws -> StoreHarness {
    try await store.models.upsert(models)
    let setup = slot(due: Timestamp(seconds: 1_060), config: "setup")
    try await store.predictions.record([], closing: store.slots.open(input, slots: [setup], models: []))
    return StoreHarness(
      store: store, record: { _ = try await store.predictions.record($0) },
      ingest: { try await store.feeds.ingest($0, phase: "listen") },
      open: { _ = try await store.slots.open(input, slots: [$0], models: []) },
      answer: { try await store.predictions.record([], closing: [$0]) },
      pause: { _ = try await store.pauses.pause($0, reason: "a test") })
  }

  /// The start of the minute that was `minutes` ago by the store's clock.
  func minute(ago minutes: Int) async throws -> Timestamp {
    try await store.now().floored(toSeconds: 60).adding(seconds: -60 * minutes)
  }

  static func slot(due: Timestamp, config: String = "CFG", deadline: Timestamp = Timestamp(seconds: 1_000))
    -> PredictionSlot
  {
    PredictionSlot(
      configID: config, subject: "BTC", slot: 1, inputID: input.id, scopeKey: "BTC", scope: [:],
      performedAt: due.adding(seconds: -60), resolvableAt: due, deadlineAt: deadline)
  }

  static func prediction(_ id: String, model: String = "a", due: Timestamp, scopeKey: String? = nil) -> Prediction {
    Prediction(
      id: id, inputID: input.id, modelID: model, configID: nil, scopeKey: scopeKey ?? id, scope: ["subject": "BTC"],
      status: .pending, output: ["value": 0.5], performedAt: due.adding(seconds: -60), resolvableAt: due,
      contractID: 1)
  }

  static func scored(_ id: String, value: Double = 1, success: Bool = true) -> ScoredPrediction {
    .scored(
      Score(
        id: RecordIDs.score(predictionID: id), predictionID: id, result: ["value": .double(value)], success: success,
        failedReason: success ? nil : "raised", scoredAt: Timestamp(seconds: 1_000)))
  }

  @discardableResult
  func commit(_ outcomes: [ScoredPrediction]) async throws -> ScoreCommit {
    try await store.commitScores(outcomes, bucketSeconds: 60, run: ScoreRun(worker: "test"))
  }

  @discardableResult
  func addScore(_ id: String, model: String = "a", due: Timestamp, value: Double = 1) async throws -> ScoreCommit {
    try await record([Self.prediction(id, model: model, due: due)])
    return try await commit([Self.scored(id, value: value)])
  }

  @Sendable
  static func snapshots(of scores: [BucketScores], from start: Timestamp) -> [Snapshot] {
    scores.map {
      Snapshot(
        id: RecordIDs.snapshot(model: $0.modelID, at: start.adding(seconds: 60)), modelID: $0.modelID,
        periodStart: start, periodEnd: start.adding(seconds: 60), predictionCount: $0.results.count,
        resultSummary: SnapshotAggregation.summary(of: $0.results), createdAt: start)
    }
  }

  func seal(atMost: Int = 10, claim: LeaseClaim? = nil) async throws -> [Timestamp] {
    try await store.sealDue(bucketSeconds: 60, atMost: atMost, claim: claim, build: Self.snapshots).map(\.periodStart)
  }
}
