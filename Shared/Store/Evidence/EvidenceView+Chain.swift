import Competition
import Postgres

extension EvidenceView {
  /// The last cycle at or before a time.
  public func cycle(through time: Timestamp) async throws -> MerkleCycle? {
    try await connection.query(
      """
      SELECT id, previous_cycle_id, previous_cycle_root, snapshots_root, chained_root, snapshot_count::bigint, created_at
      FROM merkle_cycles WHERE created_at <= $1 ORDER BY created_at DESC LIMIT 1
      """, [.time(time)]
    ).first.map(EvidenceStore.cycle)
  }

  /// How many cycles a span has.
  public func cycleCount(_ span: Span) async throws -> Int {
    Int(
      try await connection.query(
        "SELECT count(*) FROM merkle_cycles WHERE created_at > $1 AND created_at <= $2", span.parameters)[0].int(0))
  }

  /// The cycles of a span in order of time, at most `limit`.
  public func cycles(_ span: Span, limit: Int) async throws -> [MerkleCycle] {
    try await connection.query(
      """
      SELECT id, previous_cycle_id, previous_cycle_root, snapshots_root, chained_root, snapshot_count::bigint, created_at
      FROM merkle_cycles WHERE created_at > $1 AND created_at <= $2 ORDER BY created_at LIMIT $3
      """, span.parameters + [.int(Int64(limit))]
    ).map(EvidenceStore.cycle)
  }

  /// The nodes of cycles, by cycle, level and position.
  public func nodes(ofCycles ids: [String]) async throws -> [StoredNode] {
    try await connection.query(
      """
      SELECT id, cycle_id, level::bigint, position::bigint, hash, left_child_id, right_child_id, snapshot_id,
        snapshot_content_hash
      FROM merkle_nodes WHERE cycle_id = ANY($1) ORDER BY cycle_id, level, position
      """, [.texts(ids)]
    ).map(Self.node)
  }

  /// The content hashes of the sealed snapshots that ended in a span, by id; those of builds that made none are left out.
  public func contentHashes(_ span: Span) async throws -> [String: String] {
    let rows = try await connection.query(
      """
      SELECT id, content_hash FROM snapshots
      WHERE period_end > $1 AND period_end <= $2 AND sealed_at IS NOT NULL AND content_hash IS NOT NULL
      """, span.parameters)
    return Dictionary(try rows.map { (try $0.text(0), try $0.text(1)) }, uniquingKeysWith: { first, _ in first })
  }

  public func nodes(ofCheckpoint id: String) async throws -> [StoredNode] {
    try await connection.query(
      """
      SELECT id, checkpoint_id, level::bigint, position::bigint, hash, left_child_id, right_child_id, snapshot_id,
        snapshot_content_hash
      FROM merkle_nodes WHERE checkpoint_id = $1 ORDER BY level, position
      """, [.text(id)]
    ).map(Self.node)
  }

  private static func node(_ row: PostgresRow) throws -> StoredNode {
    StoredNode(
      id: try row.text(0), treeID: try row.text(1), level: Int(try row.int(2)), position: Int(try row.int(3)),
      hash: try row.text(4), leftChildID: row.textIfPresent(5), rightChildID: row.textIfPresent(6),
      snapshotID: row.textIfPresent(7), snapshotContentHash: row.textIfPresent(8))
  }

  /// A checkpoint with what stands around it.
  public struct EvidencedCheckpoint: Sendable {
    public var checkpoint: Checkpoint
    /// The end of the one before; of the first one where sealed buckets begin.
    public var expectedStart: Timestamp?
    public var isFirst: Bool
    /// The texts that PostgreSQL holds: two of them may read as one number.
    public var entriesText: [UInt8]
    public var metaText: [UInt8]
  }

  /// The checkpoints whose periods end in a span, in order of time.
  public func checkpoints(_ span: Span) async throws -> [EvidencedCheckpoint] {
    try await connection.query(
      """
      SELECT c.*, (SELECT first_period FROM seal_state) FROM (
        SELECT id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash, submitted_at,
          merkle_root, lag(period_end) OVER (ORDER BY period_end) AS previous_end
        FROM checkpoints) c
      WHERE period_end > $1 AND period_end <= $2 ORDER BY period_end
      """, span.parameters
    ).map {
      let previousEnd = try $0.timestampIfPresent(10)
      return EvidencedCheckpoint(
        checkpoint: try CheckpointStore.checkpoint($0), expectedStart: try previousEnd ?? $0.timestampIfPresent(11),
        isFirst: previousEnd == nil,
        entriesText: $0.jsonIfPresent(4) ?? [], metaText: $0.jsonIfPresent(5) ?? [])
    }
  }

  /// The snapshots that a checkpoint claimed, in order of time.
  public func snapshots(ofCheckpoint id: String) async throws -> [Snapshot] {
    try await connection.query(
      """
      SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, meta_jsonb,
        created_at
      FROM snapshots WHERE checkpoint_id = $1 ORDER BY period_end, id COLLATE "C"
      """, [.text(id)]
    ).map(SnapshotStore.snapshot)
  }

  /// A sealed snapshot that ended within a checkpoint's period and is claimed by another, or by none.
  public func misclaimedSnapshot(of checkpoint: Checkpoint) async throws -> String? {
    try await connection.query(
      """
      SELECT id FROM snapshots
      WHERE sealed_at IS NOT NULL AND period_end > $1 AND period_end <= $2 AND checkpoint_id IS DISTINCT FROM $3
      ORDER BY period_end, id LIMIT 1
      """, [.time(checkpoint.periodStart), .time(checkpoint.periodEnd), .text(checkpoint.id)]
    ).first?.text(0)
  }

  /// The roots that a checkpoint's tree is over.
  public func chainedRoots(_ span: Span) async throws -> [String] {
    try await connection.query(EvidenceStore.chainedRoots, span.parameters).map { try $0.text(0) }
  }
}
