import Competition
import Postgres

/// Table `predictions`.
public struct PredictionStore: Sendable {
  let pool: PostgresPool

  /// Predictions of one input and scope key that still wait for their score.
  public struct UnscoredTask: Sendable, Hashable {
    public var key: TaskKey
    public var configID: String?
    public var subject: String
    public var performedAt: Timestamp
    public var resolvableAt: Timestamp
  }

  /// Stores predictions; those that are there already stay as they are. Answers how many were new.
  /// - Parameter answered: slots whose models have now all been heard or given up, marked in the same transaction.
  @discardableResult
  public func record(_ predictions: [Prediction], closing answered: [PredictionSlot] = []) async throws -> Int {
    var queries: [PostgresQuery] = []
    if !predictions.isEmpty { queries.append(try Self.insert(predictions)) }
    if !answered.isEmpty { queries.append(SlotStore.markAnswered(answered)) }
    let rows = try await pool.pipeline(queries)
    return predictions.isEmpty ? 0 : rows[0].affected
  }

  /// - Parameter waitsForTruth: nobody knows yet when they are due: they are of a round.
  static func insert(_ predictions: [Prediction], waitsForTruth: Bool = false) throws -> PostgresQuery {
    PostgresQuery(
      """
      INSERT INTO predictions
        (id, input_id, model_id, prediction_config_id, scope_key, scope_jsonb, status, failed_reason, exec_time_ms,
         inference_output_jsonb, meta_jsonb, performed_at, resolvable_at, contract_id)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[],
        $8::text[], $9::float8[], $10::jsonb[], $11::jsonb[], $12::timestamptz[], $13::timestamptz[],
        $14::bigint[])
      ON CONFLICT DO NOTHING
      """,
      [
        .texts(predictions.map(\.id)), .texts(predictions.map(\.inputID)), .texts(predictions.map(\.modelID)),
        .texts(predictions.map(\.configID)), .texts(predictions.map(\.scopeKey)),
        try .jsons(predictions.map(\.scope)), .texts(predictions.map(\.status.rawValue)),
        .texts(predictions.map(\.failedReason)), .doubles(predictions.map(\.executionMilliseconds)),
        try .jsons(predictions.map(\.output)), try .jsons(predictions.map(\.meta)),
        .times(predictions.map(\.performedAt)), .times(predictions.map { waitsForTruth ? nil : $0.resolvableAt }),
        .ints(predictions.map(\.contractID)),
      ])
  }

  /// Which of these are stored.
  public func stored(_ ids: [String]) async throws -> Set<String> {
    Set(try await pool.query("SELECT id FROM predictions WHERE id = ANY($1)", [.texts(ids)]).map { try $0.text(0) })
  }

  /// The predictions of tasks that still wait for their score, at most `limitPerTask` of each, in order of their ids.
  public func pending(of tasks: [TaskKey], limitPerTask: Int) async throws -> [Prediction] {
    let rows = try await pool.query(
      Self.pending, [.texts(tasks.map(\.inputID)), .texts(tasks.map(\.scopeKey)), .int(Int64(limitPerTask))])
    // The predictions of a task share their scope, which is sent once, and their keys, which are made once.
    var last: Prediction?
    return try rows.map { row in
      let prediction = Prediction(
        id: try row.text(0), inputID: try row.text(1, orSame: last?.inputID), modelID: try row.text(3),
        configID: row.textIfPresent(4), scopeKey: try row.text(2, orSame: last?.scopeKey),
        scope: try row.bool(9) ? last?.scope ?? [:] : row.object(5), status: .pending, output: try row.object(6),
        performedAt: try row.timestamp(7), resolvableAt: try row.timestamp(8), contractID: try row.intIfPresent(10))
      last = prediction
      return prediction
    }
  }

  static let pending: SQL = """
    SELECT id, input_id, scope_key, model_id, prediction_config_id,
      CASE WHEN has_scope_before THEN NULL ELSE scope_jsonb END, inference_output_jsonb, performed_at, due,
      has_scope_before, contract_id
    FROM (
      SELECT p.*, coalesce(lag(p.scope_jsonb) OVER () = p.scope_jsonb, false) AS has_scope_before
      FROM unnest($1::text[], $2::text[]) AS task (input_id, scope_key)
      CROSS JOIN LATERAL (
        SELECT id, input_id, scope_key, model_id, prediction_config_id, scope_jsonb, inference_output_jsonb,
          performed_at, coalesce(resolvable_at, performed_at) AS due, contract_id
        FROM predictions p
        WHERE p.input_id = task.input_id AND p.scope_key = task.scope_key AND p.status = 'PENDING'
        ORDER BY id COLLATE "C" LIMIT $3) p) p
    """

  /// Tasks with predictions that wait for their score and are due after `after` and up to `through`, the earliest first:
  /// `limit` of them, and more when the last one shares its time with others. So the next page begins after the time of
  /// the last one.
  public func unscored(
    resolvableThrough through: Timestamp, after: Timestamp?, limit: Int
  ) async throws -> [UnscoredTask] {
    try await pool.query(
      Self.unscored, [.time(after), .time(through), .int(Int64(limit))]
    ).map { row in
      UnscoredTask(
        key: TaskKey(inputID: try row.text(0), scopeKey: try row.text(1)), configID: row.textIfPresent(2),
        subject: try row.text(3), performedAt: try row.timestamp(4), resolvableAt: try row.timestamp(5))
    }
  }

  /// Reads the index in its order and stops at the limit, however long the backlog is.
  static let unscored: SQL = """
    SELECT input_id, scope_key, prediction_config_id, coalesce(scope_jsonb ->> 'subject', ''), performed_at,
      resolvable_at
    FROM (
      SELECT DISTINCT ON (resolvable_at, input_id, scope_key)
        input_id, scope_key, prediction_config_id, scope_jsonb, performed_at, resolvable_at
      FROM predictions
      WHERE resolvable_at > coalesce($1, '-infinity') AND resolvable_at <= $2 AND status = 'PENDING'
      ORDER BY resolvable_at, input_id, scope_key) task
    ORDER BY resolvable_at FETCH FIRST $3 ROWS WITH TIES
    """

  /// Ends predictions without a score. Those that ended already stay as they are. Answers how many were ended.
  public func fail(_ ids: [String], reason: String) async throws -> Int {
    try await pool.query(
      "UPDATE predictions SET status = 'FAILED', failed_reason = $2 WHERE id = ANY($1) AND status = 'PENDING'",
      [.texts(ids), .text(reason)]
    ).affected
  }

  public func countByStatus() async throws -> [PredictionStatus: Int] {
    var counts: [PredictionStatus: Int] = [:]
    for row in try await pool.query("SELECT status, count(*) FROM predictions GROUP BY status") {
      if let status = PredictionStatus(rawValue: try row.text(0)) { counts[status] = Int(try row.int(1)) }
    }
    return counts
  }
}
