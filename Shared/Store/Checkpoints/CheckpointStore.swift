import Competition
import Postgres

/// Table `checkpoints`.
public struct CheckpointStore: Sendable {
  let pool: PostgresPool

  /// What a checkpoint is made from.
  public struct Material: Sendable {
    public var periodStart: Timestamp
    public var periodEnd: Timestamp
    /// The sealed snapshots that no checkpoint counts yet, in order of time.
    public var snapshots: [Snapshot]
    public var models: [Model]
    /// PostgreSQL's clock.
    public var now: Timestamp
  }

  /// Makes the checkpoint that follows the newest one, when every bucket up to its end is sealed: one transaction claims
  /// its snapshots and inserts it, under a lock, so that each snapshot is in one checkpoint whoever calls this and how
  /// often. Its period starts where the previous one ended, the first one with the first sealed bucket; one without any
  /// score has a checkpoint too, so that periods follow each other without a gap (decision 13). Its Merkle root is over the
  /// cycles of its period.
  /// - Returns: nil when it is not time yet.
  public func createNext(
    intervalSeconds: Int, build: @Sendable (Material) async throws -> Checkpoint
  ) async throws -> Checkpoint? {
    guard try await period(intervalSeconds) != nil else { return nil }
    return try await pool.transaction { connection in
      try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(AdvisoryLock.checkpoint)])
      let row = try connection.query(Self.nextPeriod, [.double(Double(intervalSeconds))]).first
      guard let row, let start = try row.timestampIfPresent(0), let end = try row.timestampIfPresent(1) else {
        return nil
      }
      let answers = try connection.pipeline([
        PostgresQuery(
          """
          SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, meta_jsonb,
            created_at
          FROM snapshots WHERE checkpoint_id IS NULL AND NOT provisional AND period_end <= $1
          ORDER BY period_end, id COLLATE "C" FOR UPDATE
          """, [.time(end)]),
        PostgresQuery(
          "SELECT id, name, player_id, player_name, deployment_identifier, created_at FROM models ORDER BY id"),
        PostgresQuery("SELECT clock_timestamp()"),
        PostgresQuery(EvidenceStore.chainedRoots, [.time(start), .time(end)]),
      ])
      let snapshots = try answers[0].map(SnapshotStore.snapshot)
      let models = try answers[1].map { row in
        Model(
          id: try row.text(0), name: try row.text(1), playerID: try row.text(2), playerName: try row.text(3),
          deploymentIdentifier: try row.text(4), createdAt: try row.timestamp(5))
      }
      var checkpoint = try await build(
        Material(
          periodStart: start, periodEnd: end, snapshots: snapshots, models: models,
          now: try answers[2][0].timestamp(0)))
      let tree = MerkleTree(leaves: try answers[3].map { try $0.text(0) })
      checkpoint.merkleRoot = tree?.root
      try connection.pipeline([
        try Self.insert(checkpoint),
        EvidenceStore.insert(tree.map { MerkleNode.all(of: $0, in: .checkpoint(checkpoint.id)) } ?? []),
        PostgresQuery(
          "UPDATE snapshots SET checkpoint_id = $1 WHERE id = ANY($2)",
          [.text(checkpoint.id), .texts(snapshots.map(\.id))]),
      ])
      return checkpoint
    }
  }

  /// Seconds since the end of the next checkpoint's period; 0 when it has not come yet, or nothing has been scored.
  public func secondsOverdue(intervalSeconds: Int) async throws -> Double {
    let rows = try await pool.query(
      """
      SELECT greatest(0, extract(epoch FROM clock_timestamp() - $1 * interval '1 second' - coalesce(
        (SELECT max(period_end) FROM checkpoints), (SELECT first_period FROM seal_state))))::float8
      """, [.double(Double(intervalSeconds))])
    return try rows[0].doubleIfPresent(0) ?? 0
  }

  private func period(_ intervalSeconds: Int) async throws -> Timestamp? {
    try await pool.query(Self.nextPeriod, [.double(Double(intervalSeconds))]).first?.timestampIfPresent(1)
  }

  /// The next period, when buckets are sealed up to its end.
  private static let nextPeriod: SQL = """
    WITH start AS (
      SELECT coalesce(
        (SELECT max(period_end) FROM checkpoints),
        (SELECT first_period FROM seal_state)) AS at
    )
    SELECT start.at, start.at + $1 * interval '1 second' FROM start, seal_state
    WHERE seal_state.sealed_until >= start.at + $1 * interval '1 second'
    """

  /// The one with the latest period.
  public func newest() async throws -> Checkpoint? {
    try await pool.query(Self.newest).first.map(Self.checkpoint)
  }

  static let newest: SQL = """
    SELECT id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash, submitted_at,
      merkle_root
    FROM checkpoints ORDER BY period_end DESC LIMIT 1
    """

  /// Moves a checkpoint one step on, from the status before `status`. Answers false when it is not there, for instance
  /// because another did the same first.
  /// - Parameter transactionHash: goes with `submitted`, and is kept by the steps that follow.
  public func setStatus(
    id: String, to status: CheckpointStatus, transactionHash: String? = nil
  ) async throws -> Bool {
    guard let before = CheckpointStatus.allCases.first(where: { $0.next == status }) else { return false }
    return try await pool.query(
      """
      UPDATE checkpoints
      SET status = $3, tx_hash = coalesce($4, tx_hash),
        submitted_at = CASE WHEN $3 = 'SUBMITTED' THEN now() ELSE submitted_at END
      WHERE id = $1 AND status = $2
      """, [.text(id), .text(before.rawValue), .text(status.rawValue), .text(transactionHash)]
    ).affected == 1
  }

  static func checkpoint(_ row: PostgresRow) throws -> Checkpoint {
    let status = try row.text(3)
    guard let known = CheckpointStatus(rawValue: status) else {
      throw PostgresError(kind: .decoding, message: "a checkpoint has an unknown status")
    }
    return Checkpoint(
      id: try row.text(0), periodStart: try row.timestamp(1), periodEnd: try row.timestamp(2), status: known,
      entries: try row.value(4).array ?? [], meta: try row.object(5), createdAt: try row.timestamp(6),
      transactionHash: row.textIfPresent(7), submittedAt: try row.timestampIfPresent(8),
      merkleRoot: row.textIfPresent(9))
  }

  private static func insert(_ checkpoint: Checkpoint) throws -> PostgresQuery {
    PostgresQuery(
      """
      INSERT INTO checkpoints (id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, merkle_root)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """,
      [
        .text(checkpoint.id), .time(checkpoint.periodStart), .time(checkpoint.periodEnd),
        .text(checkpoint.status.rawValue), .json(try JSON.array(checkpoint.entries).encoded()),
        try .json(checkpoint.meta), .time(checkpoint.createdAt), .text(checkpoint.merkleRoot),
      ])
  }
}
