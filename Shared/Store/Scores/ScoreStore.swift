import Competition
import Postgres

/// Table `scores`, and the one step of a prediction from PENDING to its end.
public struct ScoreStore: Sendable {
  let pool: PostgresPool

  /// Ends predictions and inserts their scores in one transaction. Only those that are PENDING are touched, so that a
  /// task that is handled twice has one effect. A score counts in the bucket of its `resolvable_at`; if that one is sealed,
  /// in the first that is not.
  /// - Parameter run: who commits; one row is kept of each task that has an effect.
  public func commit(
    _ outcomes: [ScoredPrediction], bucketSeconds: Int, run: ScoreRun = ScoreRun(worker: "")
  ) async throws -> ScoreCommit {
    guard !outcomes.isEmpty else { return ScoreCommit() }
    let outcomes = Self.orderly(outcomes)
    let scores = outcomes.map { outcome -> Score? in if case .scored(let score) = outcome { score } else { nil } }
    let reasons = outcomes.map { outcome -> String? in if case .failed(_, let reason) = outcome { reason } else { nil }
    }
    let entries = run.entries.sorted { ($0.key.inputID, $0.key.scopeKey) < ($1.key.inputID, $1.key.scopeKey) }
    let rows = try await pool.pipeline([
      PostgresQuery(Self.prepareCommit, [.int(AdvisoryLock.seal)]),
      PostgresQuery(
        Self.commit,
        [
          .texts(outcomes.map(\.predictionID)), .texts(reasons), .texts(scores.map { $0?.id }),
          try .jsons(scores.map { $0?.result }), .bools(scores.map { $0?.success }),
          .texts(scores.map { $0?.failedReason }), .times(scores.map { $0?.scoredAt }),
          .double(Double(bucketSeconds)), .text(run.worker), .texts(entries.map(\.key.inputID)),
          .texts(entries.map(\.key.scopeKey)), .texts(entries.map(\.value.id)),
          .ints(entries.map { Int64($0.value.deliveries) }), .ints(scores.map { $0?.contractID }),
        ]),
    ])
    var commit = ScoreCommit()
    for row in rows[1] {
      let task = TaskKey(inputID: try row.text(0), scopeKey: try row.text(1))
      let count = Int(try row.int(3))
      if let period = try row.timestampIfPresent(2) {
        commit.scored[task, default: [:]][period] = count
      } else {
        commit.failed[task] = count
      }
    }
    return commit
  }

  /// For this transaction the plan is the one made without looking at the values: by index, each row. Seeing a thousand
  /// ids the planner may prefer to read the whole table, as long as it is not very large.
  private static let prepareCommit: SQL = """
    SELECT pg_advisory_xact_lock_shared($1), set_config('plan_cache_mode', 'force_generic_plan', true)
    """

  /// What follows from a row goes along with it: a join of the steps with each other would be planned for the few rows that
  /// the planner expects of a parameter, as a loop in a loop. Counts come back, a row a task, not what was sent.
  static let commit: SQL = """
    WITH outcome AS (
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::boolean[], $6::text[],
        $7::timestamptz[], $14::bigint[])
        AS o (prediction_id, reason, score_id, result, success, failed_reason, scored_at, contract_id)
    ), ended AS (
      UPDATE predictions p
      SET status = CASE WHEN o.score_id IS NULL THEN 'FAILED' ELSE 'SCORED' END, failed_reason = o.reason
      FROM outcome o WHERE p.id = o.prediction_id AND p.status = 'PENDING'
      RETURNING p.id, p.input_id, p.scope_key, o.score_id, o.result, o.success, o.failed_reason, o.scored_at,
        o.contract_id,
        CASE WHEN o.score_id IS NOT NULL THEN
          greatest(
            date_bin($8 * interval '1 second', coalesce(p.resolvable_at, p.performed_at),
              timestamptz '1970-01-01 00:00:00+00'),
            (SELECT sealed_until FROM seal_state))
        END AS period_start
    ), logged AS (
      INSERT INTO score_runs (input_id, scope_key, worker, entry_id, deliveries, predictions)
      SELECT e.input_id, e.scope_key, $9, coalesce(r.entry_id, ''), coalesce(r.deliveries, 0), e.n
      FROM (SELECT input_id, scope_key, count(*) AS n FROM ended GROUP BY input_id, scope_key) e
      LEFT JOIN unnest($10::text[], $11::text[], $12::text[], $13::bigint[])
        AS r (input_id, scope_key, entry_id, deliveries) USING (input_id, scope_key)
    ), inserted AS (
      INSERT INTO scores
        (id, prediction_id, result_jsonb, success, failed_reason, scored_at, contract_id, period_start)
      SELECT score_id, id, result, success, failed_reason, scored_at, contract_id, period_start
      FROM ended WHERE score_id IS NOT NULL
    )
    SELECT input_id, scope_key, period_start, count(*) FROM ended GROUP BY input_id, scope_key, period_start
    """

  /// One outcome a prediction, in order of id, so that two commits of the same predictions meet in the same order and
  /// neither waits for the other in a ring.
  private static func orderly(_ outcomes: [ScoredPrediction]) -> [ScoredPrediction] {
    // Places are sorted, not outcomes, which are large.
    let ids = outcomes.map(\.predictionID)
    var places = ids.indices.sorted { (ids[$0], $0) < (ids[$1], $1) }
    var last: String?
    places.removeAll { place in
      defer { last = ids[place] }
      return ids[place] == last
    }
    return places.map { outcomes[$0] }
  }

  /// The successful scores of a bucket, by model in order of its id.
  public func ofBucket(periodStart: Timestamp) async throws -> [BucketScores] {
    try Self.grouped(try await pool.query(Self.ofBucket, [.time(periodStart)]))
  }

  static let ofBucket: SQL = """
    SELECT p.model_id, s.result_jsonb FROM scores s JOIN predictions p ON p.id = s.prediction_id
    WHERE s.period_start = $1 AND s.success
    ORDER BY p.model_id COLLATE "C", p.id COLLATE "C"
    """

  static let ofPeriod: SQL = """
    SELECT p.model_id, s.result_jsonb FROM scores s JOIN predictions p ON p.id = s.prediction_id
    WHERE s.period_start >= $1 AND s.period_start < $2 AND s.success
    ORDER BY p.model_id COLLATE "C", p.id COLLATE "C"
    """

  /// The answers whose scores, failed ones too, count in buckets that start in a range, by model and prediction.
  public func answers(from start: Timestamp, before end: Timestamp) async throws -> [ScoredAnswer] {
    try await pool.query(Self.answers, [.time(start), .time(end)]).map(Self.answer)
  }

  static func answer(_ row: PostgresRow) throws -> ScoredAnswer {
    ScoredAnswer(
      prediction: Prediction(
        id: try row.text(0), inputID: try row.text(1), modelID: try row.text(2), configID: row.textIfPresent(3),
        scopeKey: try row.text(4), scope: try row.object(5), status: .scored, output: try row.object(6),
        performedAt: try row.timestamp(7), resolvableAt: try row.timestamp(8), contractID: try row.intIfPresent(13)),
      result: try row.boolIfPresent(9) == true ? try row.object(10) : nil,
      truth: row.jsonIfPresent(11) == nil ? nil : try row.object(11), periodStart: try row.timestamp(12))
  }

  static let answers: SQL = """
    SELECT p.id, p.input_id, p.model_id, p.prediction_config_id, p.scope_key, p.scope_jsonb, p.inference_output_jsonb,
      p.performed_at, coalesce(p.resolvable_at, p.performed_at), s.success, s.result_jsonb, t.truth_jsonb,
      s.period_start, p.contract_id
    FROM scores s
      JOIN predictions p ON p.id = s.prediction_id
      LEFT JOIN ground_truths t ON t.input_id = p.input_id AND t.scope_key = p.scope_key
    WHERE s.period_start >= $1 AND s.period_start < $2
    ORDER BY p.model_id COLLATE "C", p.id COLLATE "C"
    """

  static func grouped(_ rows: PostgresRows) throws -> [BucketScores] {
    var groups: [BucketScores] = []
    for row in rows {
      let model = try row.text(0)
      if groups.last?.modelID != model { groups.append(BucketScores(modelID: model, results: [])) }
      groups[groups.count - 1].results.append(try row.object(1))
    }
    return groups
  }
}
