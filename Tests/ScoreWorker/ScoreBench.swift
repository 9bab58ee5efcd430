import Bus
import Callables
import Competition
import Logging
import Postgres
import ServiceKit
import Store
import TestKit

@testable import ScoreWorker

/// A score worker's parts on a database of a test's own and a bus in memory. Minutes count from a whole minute that was
/// half an hour ago by PostgreSQL's clock.
struct ScoreBench: Sendable {
  static let scopeKey = "BTC-60"
  static let feed = FeedKey(source: "test", subject: "BTC", kind: .candle, granularity: "1m")
  static let scope: JSONObject = [
    "subject": "BTC", "source": "test", "kind": "candle", "granularity": "1m",
  ]

  let database: TestDatabase
  let clock: ManualClock
  let bus: MemoryBus
  let start: Timestamp
  var store: Store { database.store }
  let logger = Logger(label: "test")

  static func with(
    models: [String] = ["a", "b", "c"], _ body: @Sendable (ScoreBench) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      try await database.store.models.upsert(models.map(model))
      let start = try await database.store.now().floored(toSeconds: 60).adding(seconds: -1_800)
      let clock = ManualClock(start)
      try await body(ScoreBench(database: database, clock: clock, bus: MemoryBus { clock.now }, start: start))
    }
  }

  static func model(_ id: String) -> Model {
    Model(
      id: id, name: "model \(id)", playerID: "", playerName: "Player \(id)", deploymentIdentifier: "",
      createdAt: Timestamp(seconds: 1_771_000_000))
  }

  func minute(_ minute: Int) -> Timestamp { start.adding(seconds: 60 * minute) }

  // MARK: What is stored

  /// Stores the price at a minute: the close of the candle that ends then.
  func price(_ close: Double, at minute: Int, ingested: Timestamp? = nil) async throws {
    let end = self.minute(minute)
    try await store.feeds.ingest(
      [
        FeedRecord(
          key: Self.feed, eventTime: end.adding(seconds: -60), ingestedTime: ingested ?? end,
          values: ["close": .double(close)], meta: [FeedRecord.closedMetaKey: true])
      ], phase: "listen")
  }

  /// Opens a slot that is answered, with a prediction `{input}-{model}` for each answer.
  @discardableResult
  func addTask(
    _ input: String = "INP", at time: Timestamp? = nil, horizonSeconds: Int = 60, rawData: JSONObject = [:],
    scopeKey: String = ScoreBench.scopeKey, answers: [String: Double] = ["a": 0.5]
  ) async throws -> ScoreTask {
    let performed = time ?? start
    let due = performed.adding(seconds: horizonSeconds)
    let slot = PredictionSlot(
      configID: "\(scopeKey)-\(input)", subject: "BTC", slot: 1, inputID: input, scopeKey: scopeKey,
      scope: Self.scope, performedAt: performed, resolvableAt: due, deadlineAt: performed.adding(seconds: 6))
    let opened = try await store.slots.open(
      Input(id: input, rawData: rawData, receivedAt: performed), slots: [slot], models: [])
    try await store.predictions.record([], closing: opened)
    _ = try await store.predictions.record(
      answers.map { model, value in
        Prediction(
          id: "\(input)-\(model)", inputID: input, modelID: model, configID: nil, scopeKey: scopeKey,
          scope: Self.scope, status: .pending, output: ["value": .double(value)], performedAt: performed,
          resolvableAt: due)
      })
    return ScoreTask(
      inputID: input, scopeKey: scopeKey, configID: nil, subject: "BTC", performedAt: performed, resolvableAt: due)
  }

  // MARK: The parts

  func truths(graceSeconds: Int = 300, maxWaitSeconds: Int = 86_400) -> TruthSource {
    TruthSource(
      store: store,
      resolver: GroundTruthResolver(
        contract: .default, graceSeconds: graceSeconds, maxWaitSeconds: maxWaitSeconds),
      contracts: contracts(.default), fallback: Self.feed)
  }

  func scorer(
    _ function: any ScoringFunction = DirectionalScore(), on store: (any ScoringStore)? = nil,
    maxWaitSeconds: Int = 86_400, timeout: Duration = .seconds(60), patience: Duration = .seconds(60)
  ) -> TaskScorer {
    TaskScorer(
      store: store ?? self.store, bus: bus, truths: truths(maxWaitSeconds: maxWaitSeconds),
      contracts: contracts(CrunchContract.default, function, timeout: timeout),
      concurrency: 4, bucketSeconds: 60, workerName: "test", patience: patience, logger: logger)
  }

  func contracts(
    _ contract: CrunchContract, _ function: any ScoringFunction = DirectionalScore(), timeout: Duration = .seconds(60),
    figures: FigureFunctions = FigureFunctions(), id: Int64? = nil
  ) -> ContractsInForce {
    let call = ScoringCall(function: function, timeout: timeout, logger: logger)
    do {
      return try ContractsInForce(
        contract, id: id, functions: ContractFunctions(contract, call: call, figures: figures), store: store,
        logger: logger
      ) { earlier in
        guard case .builtin(let builtin) = earlier.scoring else {
          throw CallableFault("\(earlier.scoring)", "is gone", hint: "bring it back")
        }
        return ContractFunctions(
          earlier, call: ScoringCall(function: builtin.function, timeout: timeout, logger: logger))
      }
    } catch { preconditionFailure("\(error)") }
  }

  var buckets: BucketKeeper {
    BucketKeeper(store: store, bucketSeconds: 60, contracts: contracts(.default), logger: logger)
  }
  var sweep: Sweep { Sweep(store: store, bus: bus, logger: logger) }

  func duties(_ name: String = "one", streamLength: Int = BusLimits().streamLength) -> LeaderDuties {
    LeaderDuties(
      store: store, bus: bus, bucketSeconds: 60, instanceName: name, contracts: contracts(.default),
      streamLength: streamLength, pauses: PauseWatch(store: store, logger: logger), activity: activity, logger: logger)
  }

  var activity: Activity { Activity(name: "test", service: "score-worker", startedAt: start) }
}
