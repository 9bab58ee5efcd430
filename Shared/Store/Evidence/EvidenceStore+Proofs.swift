import Competition
import Postgres

extension EvidenceStore {
  /// The newest cycles of a span of time, both ends included, ascending.
  public func cycles(since: Timestamp?, until: Timestamp?, limit: Int) async throws -> [MerkleCycle] {
    try await pool.query(
      """
      SELECT * FROM (
        SELECT id, previous_cycle_id, previous_cycle_root, snapshots_root, chained_root, snapshot_count::bigint,
          created_at
        FROM merkle_cycles
        WHERE created_at >= coalesce($1, '-infinity') AND created_at <= coalesce($2, 'infinity')
        ORDER BY created_at DESC LIMIT $3
      ) newest ORDER BY created_at
      """, [.time(since), .time(until), .int(Int64(limit))]
    ).map(Self.cycle)
  }

  public func cycle(id: String) async throws -> MerkleCycle? {
    try await pool.query(
      """
      SELECT id, previous_cycle_id, previous_cycle_root, snapshots_root, chained_root, snapshot_count::bigint, created_at
      FROM merkle_cycles WHERE id = $1
      """, [.text(id)]
    ).first.map(Self.cycle)
  }

  /// The proof of a sealed snapshot; nil when there is no such snapshot, or it is in no cycle.
  public func proof(of snapshotID: String) async throws -> SnapshotProof? {
    let row = try await pool.query(Self.leaf, [.text(snapshotID)]).first
    guard let row, let cycle = try await cycle(id: try row.text(9)) else { return nil }
    let leaves = try await leaves(Self.cycleLeaves, of: cycle.id)
    // By its hash, as the original does: whatever tool numbered the leaves, and equal ones share the first one's way.
    let hash = try row.text(10)
    guard let proof = MerkleTree(leaves: leaves)?.proof(of: hash) else { return nil }
    return SnapshotProof(
      snapshotID: snapshotID, contentHash: row.textIfPresent(8), leafContentHash: row.textIfPresent(11) ?? hash,
      canonicalText: try ReportSnapshot(row, createdAt: 7).snapshot.canonicalText, cycle: cycle, proof: proof,
      checkpoint: try await checkpointPart(of: cycle))
  }

  private func checkpointPart(of cycle: MerkleCycle) async throws -> SnapshotProof.CheckpointPart? {
    let row = try await pool.query(Self.checkpointLeaf, [.text(cycle.chainedRoot)]).first
    guard let row else { return nil }
    let leaves = try await leaves(Self.checkpointLeaves, of: try row.text(0))
    guard let proof = MerkleTree(leaves: leaves)?.proof(of: cycle.chainedRoot) else { return nil }
    return SnapshotProof.CheckpointPart(id: try row.text(0), merkleRoot: row.textIfPresent(1), proof: proof)
  }

  private func leaves(_ sql: SQL, of tree: String) async throws -> [String] {
    try await pool.query(sql, [.text(tree)]).map { try $0.text(0) }
  }

  static let leaf: SQL = """
    SELECT s.id, s.model_id, s.period_start, s.period_end, s.prediction_count::bigint, s.result_summary_jsonb,
      s.meta_jsonb, s.created_at, s.content_hash, n.cycle_id, n.hash, n.snapshot_content_hash
    FROM snapshots s JOIN merkle_nodes n ON n.snapshot_id = s.id AND n.level = 0 AND n.cycle_id IS NOT NULL
    WHERE s.id = $1 LIMIT 1
    """

  static let cycleLeaves: SQL = "SELECT hash FROM merkle_nodes WHERE cycle_id = $1 AND level = 0 ORDER BY position"

  static let checkpointLeaf: SQL = """
    SELECT n.checkpoint_id, c.merkle_root
    FROM merkle_nodes n JOIN checkpoints c ON c.id = n.checkpoint_id
    WHERE n.checkpoint_id IS NOT NULL AND n.level = 0 AND n.hash = $1 LIMIT 1
    """

  static let checkpointLeaves: SQL = """
    SELECT hash FROM merkle_nodes WHERE checkpoint_id = $1 AND level = 0 ORDER BY position
    """
}

extension ReportStore {
  public var evidence: EvidenceStore { EvidenceStore(pool: pool) }
}
