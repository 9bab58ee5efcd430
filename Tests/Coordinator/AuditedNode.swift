import Bus
import Competition
import Store
import TestKit
import Testing

/// Rows and entries that an audit looks at.
enum AuditedNode {
  /// A minute that is long over.
  static let due = Timestamp(seconds: 1_771_000_020)

  static func task(_ input: String, due: Timestamp = due) -> ScoreTask {
    ScoreTask(
      inputID: input, scopeKey: "BTC-60", configID: nil, subject: "BTC", performedAt: due.adding(seconds: -60),
      resolvableAt: due)
  }

  /// An input with a prediction of one model.
  static func add(
    _ input: String, to store: Store, status: PredictionStatus = .pending, reason: String? = nil, due: Timestamp = due
  ) async throws {
    try await store.models.upsert([
      Model(id: "a", name: "a", playerID: "", playerName: "", deploymentIdentifier: "", createdAt: due)
    ])
    let slot = PredictionSlot(
      configID: "CFG-\(input)", subject: "BTC", slot: 1, inputID: input, scopeKey: "BTC-60", scope: ["subject": "BTC"],
      performedAt: due.adding(seconds: -60), resolvableAt: due, deadlineAt: due.adding(seconds: -54))
    let opened = try await store.slots.open(
      Input(id: input, rawData: [:], receivedAt: due.adding(seconds: -60)), slots: [slot], models: [])
    try await store.predictions.record([], closing: opened)
    _ = try await store.predictions.record([
      Prediction(
        id: "PRE-\(input)", inputID: input, modelID: "a", configID: nil, scopeKey: "BTC-60", scope: ["subject": "BTC"],
        status: status, failedReason: reason, output: ["value": 0.5], performedAt: due.adding(seconds: -60),
        resolvableAt: due)
    ])
  }

  static func addScored(_ input: String, to store: Store, due: Timestamp = due) async throws {
    try await add(input, to: store, due: due)
    _ = try await store.scores.commit(
      [
        .scored(
          Score(
            id: "SCR-\(input)", predictionID: "PRE-\(input)", result: ["value": 0.25], success: true, scoredAt: due))
      ], bucketSeconds: 60, run: ScoreRun(worker: "one"))
  }

  static func seal(_ store: Store) async throws {
    _ = try await store.seals.sealDue(bucketSeconds: 60, atMost: 10) { (scores, start: Timestamp) in
      let end = start.adding(seconds: 60)
      return scores.map {
        Snapshot(
          id: RecordIDs.snapshot(model: $0.modelID, at: end), modelID: $0.modelID, periodStart: start, periodEnd: end,
          predictionCount: $0.results.count, resultSummary: SnapshotAggregation.summary(of: $0.results), createdAt: end)
      }
    }
  }

  static func bus(_ command: Command) throws -> RedisBus {
    RedisBus(try TestRedis.configuration, keyPrefix: command.prefix, clientName: "test")
  }

  /// What the audit finds broken, by invariant and promise.
  static func broken(_ command: Command, _ arguments: String...) async throws -> [String] {
    let outcome = try await command.run(["audit", "--json", "--settle", "0"] + arguments)
    let report = try #require(try outcome.json.last)
    let broken = (report["findings"]?.array ?? []).filter { ($0["violations"]?.int ?? 0) > 0 }
    #expect(outcome.exitCode == (broken.isEmpty ? 0 : 1))
    #expect(report["holds"]?.bool == broken.isEmpty)
    for finding in broken { #expect(finding["example"]?.string != nil) }
    return broken.map { "\($0["invariant"]?.string ?? "") \($0["promise"]?.string ?? "")" }
  }
}
