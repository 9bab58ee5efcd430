import Competition
import Postgres

/// Tables `merkle_cycles` and `merkle_nodes`: the chain of evidence over sealed snapshots and checkpoints.
public struct EvidenceStore: Sendable {
  let pool: PostgresPool

  /// The digest of each model's scores of a period, see `ScoreDigest`. PostgreSQL makes it where the rows are, since a seal
  /// holds up score commits.
  static let scoreDigests: SQL = """
    SELECT p.model_id, encode(sha256(string_agg(
      convert_to(concat(
        p.id, E'\\t', p.input_id, E'\\t', p.scope_key, E'\\t', p.inference_output_jsonb, E'\\t', s.result_jsonb, E'\\t',
        s.success, E'\\t', t.truth_jsonb, E'\\t', t.records_digest, E'\\n'), 'UTF8'), '' ORDER BY p.id COLLATE "C")), 'hex')
    FROM scores s
      JOIN predictions p ON p.id = s.prediction_id
      LEFT JOIN ground_truths t ON t.input_id = p.input_id AND t.scope_key = p.scope_key
    WHERE s.period_start >= $1 AND s.period_start < $2
    GROUP BY p.model_id
    """

  static func digests(_ rows: PostgresRows) throws -> [String: String] {
    Dictionary(try rows.map { (try $0.text(0), try $0.text(1)) }, uniquingKeysWith: { first, _ in first })
  }

  /// Adds the cycle over the snapshots of a bucket to the chain. Whoever calls this holds the lock of seals.
  /// - Parameter time: the end of the bucket.
  static func append(_ snapshots: [Snapshot], at time: Timestamp, on connection: isolated PostgresConnection) throws {
    let leaves = snapshots.inLeafOrder
    guard let tree = MerkleTree(of: leaves) else { return }
    let cycle = MerkleCycle(over: tree, after: try connection.query(newestCycle).first.map(cycle), at: time)
    try connection.pipeline([
      insert(cycle), insert(MerkleNode.all(of: tree, in: .cycle(cycle.id), snapshotIDs: leaves.map(\.id))),
    ])
  }

  static let newestCycle: SQL = """
    SELECT id, previous_cycle_id, previous_cycle_root, snapshots_root, chained_root, snapshot_count::bigint, created_at
    FROM merkle_cycles ORDER BY created_at DESC LIMIT 1
    """

  /// The roots that a checkpoint's tree is over: a cycle belongs to the period in which its bucket ended.
  static let chainedRoots: SQL = """
    SELECT chained_root FROM merkle_cycles WHERE created_at > $1 AND created_at <= $2 ORDER BY created_at
    """

  static func cycle(_ row: PostgresRow) throws -> MerkleCycle {
    MerkleCycle(
      id: try row.text(0), previousID: row.textIfPresent(1), previousRoot: row.textIfPresent(2),
      snapshotsRoot: try row.text(3), chainedRoot: try row.text(4), snapshotCount: Int(try row.int(5)),
      createdAt: try row.timestamp(6))
  }

  private static func insert(_ cycle: MerkleCycle) -> PostgresQuery {
    PostgresQuery(
      """
      INSERT INTO merkle_cycles
        (id, previous_cycle_id, previous_cycle_root, snapshots_root, chained_root, snapshot_count, created_at)
      VALUES ($1, $2, $3, $4, $5, $6::bigint, $7)
      """,
      [
        .text(cycle.id), .text(cycle.previousID), .text(cycle.previousRoot), .text(cycle.snapshotsRoot),
        .text(cycle.chainedRoot), .int(Int64(cycle.snapshotCount)), .time(cycle.createdAt),
      ])
  }

  /// A leaf that is a snapshot's hash is stored in both columns that name it, as in the original.
  static func insert(_ nodes: [MerkleNode]) -> PostgresQuery {
    PostgresQuery(
      """
      INSERT INTO merkle_nodes
        (id, checkpoint_id, cycle_id, level, position, hash, left_child_id, right_child_id, snapshot_id,
         snapshot_content_hash)
      SELECT n.*, CASE WHEN n.snapshot_id IS NOT NULL THEN n.hash END
      FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[],
        $9::text[]) AS n (id, checkpoint_id, cycle_id, level, position, hash, left_id, right_id, snapshot_id)
      """,
      [
        .texts(nodes.map(\.id)), .texts(nodes.map(\.checkpointID)), .texts(nodes.map(\.cycleID)),
        .ints(nodes.map { Int64($0.level) }), .ints(nodes.map { Int64($0.position) }), .texts(nodes.map(\.hash)),
        .texts(nodes.map(\.leftChildID)), .texts(nodes.map(\.rightChildID)), .texts(nodes.map(\.snapshotID)),
      ])
  }
}

extension MerkleNode {
  var cycleID: String? { if case .cycle(let id) = tree { id } else { nil } }
  var checkpointID: String? { if case .checkpoint(let id) = tree { id } else { nil } }
}
