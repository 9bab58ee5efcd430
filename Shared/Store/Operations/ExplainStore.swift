import Competition
import Postgres

/// What the tables know about an id, for people who wonder what became of it. Every query goes by an index, or looks at a
/// bounded number of the newest rows: it takes as long with a million predictions as with a thousand.
public struct ExplainStore: Sendable {
  let pool: PostgresPool

  /// What an id may be of.
  public enum Kind: String, Sendable, CaseIterable {
    case prediction, score, input, snapshot, checkpoint, leaderboard, config, model
    case feedRecord = "feed record"
    case watermark, round
  }

  /// The tables that have a row of this id: mostly one.
  public func kinds(of id: String) async throws -> [Kind] {
    try await pool.query(Self.kinds, [.text(id)]).compactMap { Kind(rawValue: try $0.text(0)) }
  }

  static let kinds: SQL = """
    SELECT 'prediction' WHERE EXISTS (SELECT FROM predictions WHERE id = $1)
    UNION ALL SELECT 'score' WHERE EXISTS (SELECT FROM scores WHERE id = $1)
    UNION ALL SELECT 'input' WHERE EXISTS (SELECT FROM inputs WHERE id = $1)
    UNION ALL SELECT 'snapshot' WHERE EXISTS (SELECT FROM snapshots WHERE id = $1)
    UNION ALL SELECT 'checkpoint' WHERE EXISTS (SELECT FROM checkpoints WHERE id = $1)
    UNION ALL SELECT 'leaderboard' WHERE EXISTS (SELECT FROM leaderboards WHERE id = $1)
    UNION ALL SELECT 'config' WHERE EXISTS (SELECT FROM scheduled_prediction_configs WHERE id = $1)
    UNION ALL SELECT 'model' WHERE EXISTS (SELECT FROM models WHERE id = $1)
    UNION ALL SELECT 'feed record' WHERE EXISTS (SELECT FROM feed_records WHERE id = $1)
    UNION ALL SELECT 'watermark' WHERE EXISTS (SELECT FROM feed_ingestion_state WHERE id = $1)
    UNION ALL SELECT 'round' WHERE EXISTS (SELECT FROM tournament_rounds WHERE id = $1)
    """

  // MARK: Predictions and their tasks

  public func predictionID(ofScore id: String) async throws -> String? {
    try await pool.query("SELECT prediction_id FROM scores WHERE id = $1", [.text(id)]).first?.text(0)
  }

  public func prediction(id: String) async throws -> PredictionTrace? {
    let answers = try await pool.pipeline([
      PostgresQuery(
        """
        SELECT p.id, p.input_id, p.model_id, p.prediction_config_id, p.scope_key, p.scope_jsonb, p.status,
          p.failed_reason, p.exec_time_ms, p.inference_output_jsonb, p.meta_jsonb, p.performed_at,
          coalesce(p.resolvable_at, p.performed_at), m.name
        FROM predictions p JOIN models m ON m.id = p.model_id WHERE p.id = $1
        """, [.text(id)]),
      PostgresQuery(
        """
        SELECT id, result_jsonb, coalesce(success, true), failed_reason, scored_at, period_start
        FROM scores WHERE prediction_id = $1 ORDER BY period_start IS NULL, scored_at DESC, id LIMIT 1
        """, [.text(id)]),
    ])
    guard let row = answers[0].first else { return nil }
    var trace = PredictionTrace(
      prediction: Prediction(
        id: try row.text(0), inputID: try row.text(1), modelID: try row.text(2), configID: row.textIfPresent(3),
        scopeKey: try row.text(4), scope: try row.object(5),
        status: PredictionStatus(rawValue: try row.text(6)) ?? .pending, failedReason: row.textIfPresent(7),
        executionMilliseconds: try row.double(8), output: try row.object(9), meta: try row.object(10),
        performedAt: try row.calendarTime(11), resolvableAt: try row.calendarTime(12)),
      modelName: try row.text(13))
    if let score = answers[1].first {
      trace.score = Score(
        id: try score.text(0), predictionID: id, result: try score.object(1), success: try score.bool(2),
        failedReason: score.textIfPresent(3), scoredAt: try score.calendarTime(4))
      trace.periodStart = try score.calendarTimeIfPresent(5)
    }
    if let period = trace.periodStart {
      trace.snapshot = try await snapshot(model: trace.prediction.modelID, periodStart: period)
    }
    return trace
  }

  /// The scope keys of an input's slots and predictions.
  public func scopeKeys(input: String) async throws -> [String] {
    try await pool.query(
      """
      SELECT scope_key FROM predictions WHERE input_id = $1
      UNION SELECT scope_key FROM prediction_slots WHERE input_id = $1 ORDER BY 1
      """, [.text(input)]
    ).map { try $0.text(0) }
  }

  /// nil when the input has neither a slot nor a prediction of this scope key.
  public func task(_ key: TaskKey) async throws -> TaskTrace? {
    let names: [PostgresParameter] = [.text(key.inputID), .text(key.scopeKey)]
    let answers = try await pool.pipeline([
      PostgresQuery(
        """
        SELECT prediction_config_id, scope_jsonb, performed_at, coalesce(resolvable_at, performed_at), contract_id
        FROM predictions WHERE input_id = $1 AND scope_key = $2 ORDER BY status = 'PENDING' DESC LIMIT 1
        """, names),
      PostgresQuery(
        "SELECT status, count(*) FROM predictions WHERE input_id = $1 AND scope_key = $2 GROUP BY status", names),
      PostgresQuery(
        """
        SELECT config_id, subject, slot, scope_key, worker, performed_at, deadline_at, answered_at,
          cardinality(model_ids)::bigint, scope_jsonb, resolvable_at, contract_id
        FROM prediction_slots WHERE input_id = $1 AND scope_key = $2 ORDER BY performed_at
        """, names),
      PostgresQuery(
        """
        SELECT truth_jsonb, records_digest, resolved_at FROM ground_truths WHERE input_id = $1 AND scope_key = $2
        """, names),
      PostgresQuery(
        """
        SELECT input_id, scope_key, worker, entry_id, deliveries::bigint, predictions::bigint, committed_at
        FROM score_runs WHERE input_id = $1 AND scope_key = $2 ORDER BY id
        """, names),
      PostgresQuery(
        """
        SELECT id, stream, entry_id, kind, cause, payload_jsonb, deliveries::bigint, worker, created_at, resolved_at,
          resolution
        FROM dead_letters WHERE payload_jsonb ->> 'input_id' = $1 AND payload_jsonb ->> 'scope_key' = $2 ORDER BY id
        """, names),
      PostgresQuery(RoundStore.byInput, [.text(key.inputID)]),
    ])
    var trace: TaskTrace
    if let row = answers[0].first {
      trace = TaskTrace(
        key: key, configID: row.textIfPresent(0), scope: try row.object(1), performedAt: try row.calendarTime(2),
        resolvableAt: try row.calendarTime(3))
      trace.contractID = try row.intIfPresent(4)
    } else if let row = answers[2].first {
      trace = TaskTrace(
        key: key, configID: try row.text(0), scope: try row.object(9), performedAt: try row.calendarTime(5),
        resolvableAt: try row.calendarTime(10))
      trace.contractID = try row.intIfPresent(11)
    } else {
      return nil
    }
    for row in answers[1] {
      if let status = PredictionStatus(rawValue: try row.text(0)) { trace.counts[status] = Int(try row.int(1)) }
    }
    trace.slots = try answers[2].map(Self.slot)
    trace.truth = try answers[3].first.map {
      GroundTruth(
        inputID: key.inputID, scopeKey: key.scopeKey, value: try $0.object(0), recordsDigest: try $0.text(1),
        resolvedAt: try $0.calendarTime(2))
    }
    trace.runs = try answers[4].map(Self.run)
    trace.letters = try answers[5].map(DeadLetterStore.letter)
    trace.round = try answers[6].first.map(RoundStore.round)
    return trace
  }

  static func slot(_ row: PostgresRow) throws -> SlotTrace {
    SlotTrace(
      configID: try row.text(0), subject: try row.text(1), slot: try row.int(2), scopeKey: try row.text(3),
      worker: try row.text(4), performedAt: try row.calendarTime(5), deadlineAt: try row.calendarTime(6),
      answeredAt: try row.calendarTimeIfPresent(7), models: Int(try row.int(8)))
  }

  static func run(_ row: PostgresRow) throws -> RunTrace {
    RunTrace(
      key: TaskKey(inputID: try row.text(0), scopeKey: try row.text(1)), worker: try row.text(2),
      entryID: try row.text(3), deliveries: Int(try row.int(4)), predictions: Int(try row.int(5)),
      committedAt: try row.calendarTime(6))
  }
}

extension Store {
  public var explanations: ExplainStore { ExplainStore(pool: pool) }
}
