import Competition
import Postgres

extension ReportStore {
  /// The newest checkpoints, newest first.
  /// - Parameter status: compared as it is; nil for all.
  public func checkpoints(status: String? = nil, limit: Int) async throws -> [ReportCheckpoint] {
    try await pool.query(
      """
      SELECT id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash, submitted_at,
        entries_jsonb -> 0
      FROM checkpoints WHERE $1::text IS NULL OR status = $1 ORDER BY created_at DESC, id DESC LIMIT $2
      """, [.text(status), .int(Int64(limit))]
    ).map(ReportCheckpoint.init)
  }

  /// The newest checkpoints without what they hold, newest first.
  public func checkpointStates(limit: Int) async throws -> [CheckpointState] {
    try await pool.query(
      """
      SELECT id, period_start, period_end, status FROM checkpoints ORDER BY created_at DESC, id DESC LIMIT $1
      """, [.int(Int64(limit))]
    ).map { row in
      CheckpointState(
        id: try row.text(0), periodStart: try row.calendarTime(1), periodEnd: try row.calendarTime(2),
        status: try row.text(3))
    }
  }

  public func checkpoint(id: String) async throws -> ReportCheckpoint? {
    try await pool.query(
      """
      SELECT id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash, submitted_at,
        entries_jsonb -> 0
      FROM checkpoints WHERE id = $1
      """, [.text(id)]
    ).first.map(ReportCheckpoint.init)
  }

  /// Records that a pending checkpoint went to the chain. Of several callers at once one makes the change.
  public func confirmCheckpoint(
    id: String, transactionHash: String, by action: AdminAction
  ) async throws -> CheckpointChange {
    try await change(
      Change(
        kind: .confirm, id: id, from: .pending, to: .submitted, transactionHash: transactionHash,
        payload: ["tx_hash": .string(transactionHash)]), by: action)
  }

  /// Moves a checkpoint from one status to another. Of several callers at once one makes the change.
  public func moveCheckpoint(
    id: String, from: CheckpointStatus, to: CheckpointStatus, by action: AdminAction
  ) async throws -> CheckpointChange {
    try await change(
      Change(
        kind: .status, id: id, from: from, to: to, transactionHash: nil,
        payload: ["status": .string(to.rawValue)]), by: action)
  }

  /// What a request with an idempotency key was answered with when it came first.
  /// - Returns: nil when it is the first.
  public func earlierChange(
    _ kind: CheckpointChange.Kind, of id: String, payload: JSONObject, by action: AdminAction
  ) async throws -> CheckpointChange? {
    guard let key = action.idempotencyKey else { return nil }
    let row = try await pool.query(
      """
      SELECT payload_jsonb = $4, result_jsonb -> 'after' ->> 'status', result_jsonb -> 'after' ->> 'tx_hash',
        (result_jsonb -> 'after' ->> 'submitted_at')::timestamptz
      FROM commands WHERE kind = $1 AND target = $2 AND idempotency_key = $3
      """, [.text(kind.rawValue), .text(id), .text(key), try .json(payload)]
    ).first
    guard let row else { return nil }
    guard try row.bool(0), var checkpoint = try await checkpoint(id: id) else { return .otherRequest }
    checkpoint.status = try row.text(1)
    checkpoint.transactionHash = row.textIfPresent(2)
    checkpoint.submittedAt = try row.calendarTimeIfPresent(3)
    return .repeated(checkpoint)
  }

  private struct Change: Sendable {
    var kind: CheckpointChange.Kind
    var id: String
    var from: CheckpointStatus
    var to: CheckpointStatus
    var transactionHash: String?
    var payload: JSONObject
  }

  /// The change and its record are one statement: neither is there without the other.
  private func change(_ change: Change, by action: AdminAction) async throws -> CheckpointChange {
    let row = try await pool.query(
      """
      WITH changed AS (
        UPDATE checkpoints SET status = $3, tx_hash = coalesce($4, tx_hash),
          submitted_at = CASE WHEN $4 IS NULL THEN submitted_at ELSE now() END
        WHERE id = $1 AND status = $2
        RETURNING id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash, submitted_at,
          entries_jsonb -> 0 AS emission
      ), recorded AS (
        INSERT INTO commands (id, kind, target, payload_jsonb, actor, state, result_jsonb, idempotency_key, finished_at)
        SELECT gen_random_uuid()::text, $5, id, $6, $7, 'done',
          jsonb_build_object(
            'before', jsonb_build_object('status', $2),
            'after', jsonb_build_object('status', status, 'tx_hash', tx_hash, 'submitted_at', submitted_at)),
          $8, clock_timestamp()
        FROM changed
      )
      SELECT id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash, submitted_at, emission
      FROM changed
      """,
      [
        .text(change.id), .text(change.from.rawValue), .text(change.to.rawValue), .text(change.transactionHash),
        .text(change.kind.rawValue), try .json(change.payload), .text(action.actor), .text(action.idempotencyKey),
      ]
    ).first
    if let row { return .made(try ReportCheckpoint(row)) }
    // The same request may have come twice at once, and this one waited for the other.
    return try await earlierChange(change.kind, of: change.id, payload: change.payload, by: action) ?? .notPossible
  }
}
