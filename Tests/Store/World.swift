import Competition
import Postgres
import Store
import TestKit

/// Rows that tests need before the one that they are about.
struct World: Sendable {
  let store: Store
  static let scopeKey = "BTC-60"

  /// Makes models and an input `INP`.
  init(_ store: Store, models: [String] = ["a", "b"]) async throws {
    self.store = store
    try await store.models.upsert(models.map(Self.model))
    try await addInput("INP")
  }

  static func model(_ id: String) -> Model {
    Model(
      id: id, name: "model \(id)", playerID: "player \(id)", playerName: "Player \(id)", deploymentIdentifier: "run",
      createdAt: Timestamp(seconds: 1_771_000_000))
  }

  /// Inputs come with a slot; this one is long over.
  func addInput(_ id: String) async throws {
    let slot = Self.slot(input: id, config: "setup-\(id)", at: Timestamp(seconds: 1_000))
    let won = try await store.slots.open(
      Input(id: id, rawData: ["symbol": "BTC"], receivedAt: Timestamp(seconds: 1_000)), slots: [slot], models: [])
    try await store.predictions.record([], closing: won)
  }

  static func slot(
    input: String = "INP", config: String = "CFG_001", number: Int64 = 1, at time: Timestamp, horizonSeconds: Int = 60,
    deadlineSeconds: Int = 6
  ) -> PredictionSlot {
    PredictionSlot(
      configID: config, subject: "BTC", slot: number, inputID: input, scopeKey: scopeKey, scope: ["subject": "BTC"],
      performedAt: time, resolvableAt: time.adding(seconds: horizonSeconds),
      deadlineAt: time.adding(seconds: deadlineSeconds))
  }

  static func prediction(
    _ id: String, model: String = "a", input: String = "INP", scopeKey: String = World.scopeKey,
    status: PredictionStatus = .pending, due: Timestamp
  ) -> Prediction {
    Prediction(
      id: id, inputID: input, modelID: model, configID: nil, scopeKey: scopeKey, scope: ["subject": "BTC"],
      status: status, failedReason: status == .failed ? "late" : nil, executionMilliseconds: 1.5,
      output: ["value": 0.5], performedAt: due.adding(seconds: -60), resolvableAt: due, contractID: 1)
  }

  /// The task of predictions whose input and scope key are not said.
  static let task = TaskKey(inputID: "INP", scopeKey: scopeKey)

  static func scored(_ predictionID: String, value: Double = 1, success: Bool = true) -> ScoredPrediction {
    .scored(
      Score(
        id: RecordIDs.score(predictionID: predictionID), predictionID: predictionID, result: ["value": .double(value)],
        success: success, failedReason: success ? nil : "raised", scoredAt: Timestamp(seconds: 1_771_000_000)))
  }

  /// Stores a prediction of model `a` that is due at `due`, and scores it.
  @discardableResult
  func addScore(_ id: String, due: Timestamp, value: Double = 1, bucketSeconds: Int = 60) async throws -> ScoreCommit {
    _ = try await store.predictions.record([Self.prediction(id, scopeKey: id, due: due)])
    return try await store.scores.commit([Self.scored(id, value: value)], bucketSeconds: bucketSeconds)
  }

  /// The start of the minute that was `minutes` ago by PostgreSQL's clock.
  func minute(ago minutes: Int) async throws -> Timestamp {
    try await store.now().floored(toSeconds: 60).adding(seconds: -60 * minutes)
  }

  func status(of prediction: String) async throws -> String {
    try await store.pool.query("SELECT status FROM predictions WHERE id = $1", [.text(prediction)])[0].text(0)
  }

  func count(_ table: Table) async throws -> Int64 { try await store.pool.query(table.count)[0].int(0) }

  enum Table {
    case scores, predictions, snapshots, inputs

    fileprivate var count: SQL {
      switch self {
      case .scores: "SELECT count(*) FROM scores"
      case .predictions: "SELECT count(*) FROM predictions"
      case .snapshots: "SELECT count(*) FROM snapshots"
      case .inputs: "SELECT count(*) FROM inputs"
      }
    }
  }

  /// Snapshots of a bucket the way a worker makes them: one a model, with the mean.
  @Sendable
  static func snapshots(of scores: [BucketScores], from start: Timestamp) -> [Snapshot] {
    let end = start.adding(seconds: 60)
    return scores.map {
      Snapshot(
        id: RecordIDs.snapshot(model: $0.modelID, at: end), modelID: $0.modelID, periodStart: start, periodEnd: end,
        predictionCount: $0.results.count, resultSummary: SnapshotAggregation.summary(of: $0.results), createdAt: end)
    }
  }

  /// Seals all buckets that are ready and answers their starts.
  func sealAll(bucketSeconds: Int = 60) async throws -> [Timestamp] {
    var sealed: [Timestamp] = []
    while true {
      let buckets = try await store.seals.sealDue(bucketSeconds: bucketSeconds, atMost: 2, build: Self.snapshots)
      guard !buckets.isEmpty else { return sealed }
      sealed += buckets.map(\.periodStart)
    }
  }
}

extension TestDatabase {
  /// A fresh database with a world in it.
  static func withWorld(
    models: [String] = ["a", "b"], _ body: @Sendable (World, TestDatabase) async throws -> Void
  ) async throws {
    try await with { database in try await body(World(database.store, models: models), database) }
  }
}
