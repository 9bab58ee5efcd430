import Callables
import Competition
import Logging
import Postgres
import Store

@testable import ScoreWorker

/// A small node's data, made with the parts that workers are made of: four minutes of scores of three models, on two
/// horizons, sealed, in a checkpoint, with a leaderboard.
struct EvidenceNode: Sendable {
  let store: Store
  static let start = Timestamp(seconds: 1_771_000_020)
  static let feed = FeedKey(source: "test", subject: "BTC", kind: .candle, granularity: "1m")
  static let models = ["a", "b", "é"]
  static let minutes = 4
  let contract: CrunchContract
  private let contractID: Int64
  private let figures: FigureFunctions
  /// What scores say that failed, in place of what the function says.
  private let failure: String?

  /// - Parameters:
  ///   - python: what functions of the contract in Python may use.
  ///   - gap: minutes of which there are no candles.
  init(
    _ store: Store, contract: CrunchContract = .default, python: PythonLimits = PythonLimits(), failure: String? = nil,
    gap: Range<Int> = 0..<0
  ) async throws {
    self.store = store
    self.failure = failure
    figures = try await FigureFunctions(of: contract, limits: python, logger: Logger(label: "test"))
    self.contract = contract
    contractID = try await store.contracts.register(contract)
    try await store.pool.query(
      "INSERT INTO contract_periods (in_force_from, contract_id) VALUES ($1, $2)",
      [.time(Self.start.microseconds), .int(contractID)])
    try await store.models.upsert(
      (Self.models + ["idle"]).map {
        Model(
          id: $0, name: "model \($0)", playerID: "", playerName: "player \($0)", deploymentIdentifier: "",
          createdAt: Self.start)
      })
    try await ingestCandles(without: gap)
    for minute in 0..<Self.minutes {
      let time = Self.start.adding(seconds: 60 * minute)
      for horizon in [60, 120] { try await addTask(at: time, horizon: horizon) }
      try await addTask(at: time, horizon: 0)
    }
    try await seal()
    try await makeCheckpoints()
    try await writeLeaderboard()
  }

  private func ingestCandles(without gap: Range<Int>) async throws {
    let records = (-5..<20).filter { !gap.contains($0) }.map { minute -> FeedRecord in
      let time = Self.start.adding(seconds: 60 * minute)
      return FeedRecord(
        key: Self.feed, eventTime: time, ingestedTime: time.adding(seconds: 60),
        values: ["open": 100, "close": .double(100 + Double(minute * minute % 7) / 3), "volume": 5],
        meta: ["closed": true])
    }
    try await store.feeds.ingest(records, phase: "listen")
  }

  /// An input with a prediction of each model, whose truth is stored and which are scored: one of them fails.
  func addTask(at time: Timestamp, horizon: Int) async throws {
    let input = Input(
      id: RecordIDs.input(at: time) + "_\(horizon)", rawData: ["symbol": "BTC", "profit": 0.25], receivedAt: time)
    let scopeKey = "BTC-\(horizon)"
    let scope: JSONObject = ["source": "test", "subject": "BTC", "kind": "candle", "granularity": "1m"]
    let due = time.adding(seconds: horizon)
    let slot = PredictionSlot(
      configID: "CFG-\(horizon)", subject: "BTC", slot: time.seconds / 60, inputID: input.id, scopeKey: scopeKey,
      scope: scope, performedAt: time, resolvableAt: due, deadlineAt: time.adding(seconds: 6))
    try await store.predictions.record([], closing: store.slots.open(input, slots: [slot], models: []))
    let predictions = Self.models.enumerated().map { index, model in
      Prediction(
        id: RecordIDs.prediction(model: model, scopeKey: scopeKey, at: time), inputID: input.id, modelID: model,
        configID: nil, scopeKey: scopeKey, scope: scope, status: .pending,
        output: model == "b" && horizon == 120
          ? ["wrong": 1] : ["value": .double(0.3 + Double((index + 1) * (Int(time.seconds / 60) % 7)) / 70)],
        performedAt: time, resolvableAt: due, contractID: contractID)
    }
    _ = try await store.predictions.record(predictions)
    let truth = try await store.saveTruths([self.truth(input, scopeKey, time, due)])[0]
    try await score(predictions, truth, at: due)
  }

  private func score(_ predictions: [Prediction], _ truth: GroundTruth, at due: Timestamp) async throws {
    let outcomes = await DirectionalScore().score(
      outputs: predictions.map(\.output), truth: truth.value, scope: predictions[0].scope)
    let scores = zip(predictions, outcomes).map { prediction, outcome in
      var told = outcome
      if case .failed = outcome, let failure { told = .failed(failure, kind: .timedOut) }
      var score = Score(predictionID: prediction.id, outcome: told, scoredAt: due.adding(seconds: 1))
      score.contractID = contractID
      return ScoredPrediction.scored(score)
    }
    _ = try await store.scores.commit(scores, bucketSeconds: 60)
  }

  /// A round of two rows that all models answered, whose truth was posted two minutes ago, scored and sealed. Answers the
  /// command that brought the truth.
  func addRound() async throws -> String {
    let rounds = store.rounds
    let time = try await store.now()
    let input = Input(id: "INP_r", rawData: [:], receivedAt: time)
    let models = try await store.allModels().filter { Self.models.contains($0.id) }
    _ = try await rounds.begin(
      id: "r", by: "me", limits: RoundLimits(),
      .init(
        inferenceID: "i", input: input, featureCount: 2, models: models, absences: [], contractID: contractID,
        worker: "w"))
    let rows = (0..<2).map { row in
      Self.models.map { model in
        Prediction(
          id: "PRE_\(model)_r_\(row)", inputID: input.id, modelID: model, configID: nil,
          scopeKey: TournamentRound.scopeKey("r", row: row), scope: TournamentRound.scope("r", row: row, features: [:]),
          status: .pending, output: ["value": .double(0.5 - Double(row))], performedAt: time, resolvableAt: time,
          contractID: contractID)
      }
    }
    for row in rows { try await rounds.record(row, of: "r") }
    _ = try await rounds.finishAsking(id: "r")
    let truths: [JSONObject] = [["profit": 0.25], ["profit": -0.5]]
    let asked = try await store.commands.requestOnce(
      .scoreRound, target: "r", payload: ["ground_truth": .array(truths.map(JSON.object))],
      by: AdminAction(actor: "me"))
    guard case .command(let command) = asked else { throw NoTruth(reason: "\(asked)") }
    try await rounds.postTruth(of: "r", command: command.id, values: truths)
    _ = try await rounds.makeDue(id: "r")
    let due = time.adding(seconds: -120)
    try await store.pool.query(
      "UPDATE predictions SET resolvable_at = $1 WHERE input_id = $2", [.time(due.microseconds), .text(input.id)])
    for row in rows {
      let key = TaskKey(inputID: input.id, scopeKey: row[0].scopeKey)
      try await score(row, try await store.truths.load([key])[0], at: due)
    }
    try await seal()
    try await writeLeaderboard()
    return command.id
  }

  private func truth(
    _ input: Input, _ scopeKey: String, _ time: Timestamp, _ due: Timestamp
  ) async throws -> GroundTruth {
    let now = due.adding(seconds: 61)
    guard due > time else {
      // As the worker reads it: the digest is over the stored text.
      let stored = try await store.inputs(ids: [input.id])
      return GroundTruthResolver.immediate(input: stored.first ?? input, scopeKey: scopeKey, now: now)
    }
    let resolver = GroundTruthResolver(contract: contract, graceSeconds: 300, maxWaitSeconds: 86_400)
    let query = resolver.query(feed: Self.feed, performedAt: time, resolvableAt: due)
    let records = try await store.records(of: Self.feed, from: query.from, through: query.through, limit: 10_000)
    let decision = resolver.resolve(
      query, records: records, newest: records.last, passedAt: due, inputID: input.id, scopeKey: scopeKey,
      now: due.adding(seconds: 400))
    guard case .resolved(var truth) = decision else { throw NoTruth(reason: "\(decision)") }
    truth.resolvedAt = now
    return truth
  }

  struct NoTruth: Error { var reason: String }

  func seal() async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let call = ScoringCall(function: DirectionalScore(), timeout: .seconds(60), logger: logger)
    let functions = ContractFunctions(contract, call: call, figures: figures)
    let contracts = try ContractsInForce(
      contract, id: contractID, functions: functions, store: store, logger: logger
    ) { _ in functions }
    let keeper = BucketKeeper(store: store, bucketSeconds: 60, contracts: contracts, logger: logger)
    while try await !keeper.sealDue().isEmpty {}
  }

  /// Of three minutes each, while there are sealed buckets; the last one ends soon after the last score.
  private func makeCheckpoints() async throws {
    let builder = CheckpointBuilder(
      contract.aggregation, emission: contract.emission,
      wallets: Wallets(crunch: "crunch", compute: "compute", data: "data"), contract: contract.digest)
    for _ in 0..<2 {
      _ = try await store.checkpoints.createNext(intervalSeconds: 180) { material in
        builder.checkpoint(
          periodStart: material.periodStart, periodEnd: material.periodEnd, snapshots: material.snapshots,
          models: material.models, createdAt: material.now)
      }
    }
  }

  private func writeLeaderboard() async throws {
    // Later than the seal by more than a leaderboard lags.
    let now = try await store.now().adding(seconds: 10)
    var keeper = LeaderboardKeeper(contract.aggregation)
    let horizon = keeper.horizon(now)
    keeper.load(
      try await store.newestSnapshotsOfSilentModels(before: horizon) + store.snapshots(since: horizon),
      models: try await store.allModels())
    if let leaderboard = keeper.changed(now: now, bucketSeconds: 60) { try await store.leaderboards.save(leaderboard) }
  }
}
