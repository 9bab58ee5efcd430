import Competition
import Postgres

extension ReportStore {
  /// The newest checkpoints, newest first.
  /// - Parameter status: compared as it is; nil for all.
  public func checkpoints(status: String?, limit: Int) async throws -> [ReportCheckpoint] {
    try await pool.query(
      """
      SELECT id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash, submitted_at,
        entries_jsonb -> 0
      FROM checkpoints WHERE $1::text IS NULL OR status = $1 ORDER BY created_at DESC, id DESC LIMIT $2
      """, [.text(status), .int(Int64(limit))]
    ).map(ReportCheckpoint.init)
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

  /// Records that a pending checkpoint went to the chain. Of several callers at once one gets the checkpoint.
  /// - Returns: nil when it is not pending any more, or not there.
  public func confirmCheckpoint(id: String, transactionHash: String) async throws -> ReportCheckpoint? {
    try await pool.query(
      """
      UPDATE checkpoints SET status = 'SUBMITTED', tx_hash = $2, submitted_at = now()
      WHERE id = $1 AND status = 'PENDING'
      RETURNING id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash, submitted_at,
        entries_jsonb -> 0
      """, [.text(id), .text(transactionHash)]
    ).first.map(ReportCheckpoint.init)
  }

  /// Moves a checkpoint from one status to another. Of several callers at once one gets the checkpoint.
  /// - Returns: nil when its status is another by now, or it is not there.
  public func moveCheckpoint(
    id: String, from: CheckpointStatus, to: CheckpointStatus
  ) async throws -> ReportCheckpoint? {
    try await pool.query(
      """
      UPDATE checkpoints SET status = $3 WHERE id = $1 AND status = $2
      RETURNING id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash, submitted_at,
        entries_jsonb -> 0
      """, [.text(id), .text(from.rawValue), .text(to.rawValue)]
    ).first.map(ReportCheckpoint.init)
  }
}
