import Competition
import Postgres

/// One view of the database for as long as it is verified: what changes meanwhile is not seen.
public struct EvidenceView: Sendable {
  let connection: PostgresConnection

  /// A span of time: after `start`, through `end`.
  public struct Span: Sendable, Hashable {
    public var start: Timestamp
    public var end: Timestamp

    public init(start: Timestamp, end: Timestamp) {
      self.start = start
      self.end = end
    }

    /// From the year 1 to the year 9999.
    public static let all = Span(
      start: Timestamp(seconds: -62_135_596_800), end: Timestamp(seconds: 253_402_214_400))

    var parameters: [PostgresParameter] { [.time(start), .time(end)] }
  }

  /// The buckets that ended in a span and have sealed snapshots, in order of time. Where rows disagree about the end of a
  /// bucket, most are right.
  public func buckets(_ span: Span) async throws -> [Bucket] {
    try await connection.query(
      """
      SELECT DISTINCT ON (period_start) period_start, period_end FROM (
        SELECT period_start, period_end, count(*) AS n FROM snapshots
        WHERE sealed_at IS NOT NULL AND period_end > $1 AND period_end <= $2 GROUP BY period_start, period_end) counted
      ORDER BY period_start, n DESC
      """, span.parameters
    ).map { Bucket(start: try $0.timestamp(0), end: try $0.timestamp(1)) }
  }

  /// The bucket of the score that is `count` scores after `start`; nil when there are fewer before `end`.
  public func bucket(after count: Int, from start: Timestamp, before end: Timestamp) async throws -> Timestamp? {
    try await connection.query(
      """
      SELECT period_start FROM scores WHERE period_start >= $1 AND period_start < $2
      ORDER BY period_start OFFSET $3 LIMIT 1
      """, [.time(start), .time(end), .int(Int64(count))]
    ).first?.timestamp(0)
  }

  /// Begins to read the scores of a range, by bucket, model and prediction; those between two buckets come between them.
  /// They come by `nextScores`.
  /// - Parameter buckets: the sealed buckets in the range, in order of time; scores of several starts may be in one.
  public func openScores(from start: Timestamp, before end: Timestamp, buckets: [Bucket]) async throws {
    let borders = Set(buckets.flatMap { [$0.start, $0.end] }).sorted()
    try await connection.query(Self.scores, [.time(start), .time(end), .times(borders)])
  }

  /// The scores that follow; none at the end, and then the reading has ended.
  public func nextScores() async throws -> [EvidencedScore] {
    let rows = try await connection.query("FETCH FORWARD 10000 FROM evidenced_scores")
    if rows.isEmpty { try await connection.query("CLOSE evidenced_scores") }
    return try rows.map(EvidencedScore.init)
  }

  static let scores: SQL = """
    DECLARE evidenced_scores NO SCROLL CURSOR FOR
    SELECT s.id, s.prediction_id, p.model_id, p.input_id, p.scope_key, p.status, s.period_start,
      p.inference_output_jsonb, s.result_jsonb, s.success, s.failed_reason, p.scope_jsonb, p.performed_at,
      coalesce(p.resolvable_at, p.performed_at), t.truth_jsonb, t.records_digest, t.resolved_at,
      s.contract_id
    FROM scores s
      JOIN predictions p ON p.id = s.prediction_id
      LEFT JOIN ground_truths t ON t.input_id = p.input_id AND t.scope_key = p.scope_key
    WHERE s.period_start >= $1 AND s.period_start < $2
    ORDER BY width_bucket(s.period_start, $3::timestamptz[]), p.model_id COLLATE "C", p.id COLLATE "C"
    """

  /// Begins to read the sealed snapshots of buckets that start in a range, by bucket and model. They come by
  /// `nextSnapshots`.
  public func openSnapshots(from start: Timestamp, before end: Timestamp) async throws {
    try await connection.query(Self.snapshots, [.time(start), .time(end)])
  }

  /// The snapshots that follow; none at the end, and then the reading has ended.
  public func nextSnapshots() async throws -> [EvidencedSnapshot] {
    let rows = try await connection.query("FETCH FORWARD 5000 FROM evidenced_snapshots")
    if rows.isEmpty { try await connection.query("CLOSE evidenced_snapshots") }
    return try rows.map {
      EvidencedSnapshot(
        snapshot: try SnapshotStore.snapshot($0), summaryText: $0.jsonIfPresent(5) ?? [],
        contentHash: $0.textIfPresent(8))
    }
  }

  static let snapshots: SQL = """
    DECLARE evidenced_snapshots NO SCROLL CURSOR FOR
    SELECT s.id, s.model_id, s.period_start, s.period_end, s.prediction_count::bigint, s.result_summary_jsonb,
      s.meta_jsonb, s.created_at, s.content_hash
    FROM snapshots s
    WHERE s.sealed_at IS NOT NULL AND s.period_start >= $1 AND s.period_start < $2
      AND s.period_end > $1 AND s.period_end <= $2::timestamptz + interval '1 day'
    ORDER BY s.period_start, s.model_id COLLATE "C"
    """

  /// The answers whose scores count in buckets that start in a range.
  public func answers(from start: Timestamp, before end: Timestamp) async throws -> [ScoredAnswer] {
    try await connection.query(ScoreStore.answers, [.time(start), .time(end)]).map(ScoreStore.answer)
  }

  /// The sealed snapshots of periods that ended after a time and through another.
  public func sealedSnapshots(_ span: Span) async throws -> [Snapshot] {
    try await connection.query(
      """
      SELECT id, model_id, period_start, period_end, prediction_count::bigint, result_summary_jsonb, meta_jsonb, created_at
      FROM snapshots WHERE sealed_at IS NOT NULL AND period_end > $1 AND period_end <= $2
      ORDER BY period_end, id COLLATE "C"
      """, span.parameters
    ).map(SnapshotStore.snapshot)
  }

  /// Every contract that was ever in force, by number.
  public func contracts() async throws -> [EvidencedContract] {
    try await connection.query(
      """
      SELECT id, digest, contract_text, encode(sha256(convert_to(contract_text, 'UTF8')), 'hex') FROM contracts
      ORDER BY id
      """
    ).map {
      EvidencedContract(id: try $0.int(0), digest: try $0.text(1), text: try $0.text(2), textDigest: try $0.text(3))
    }
  }

  /// Up to where buckets are sealed; nil before the first seal.
  public func sealedUntil() async throws -> Timestamp? {
    try await connection.query("SELECT sealed_until FROM seal_state").first?.timestampIfPresent(0)
  }

  /// Scores that are in no bucket: rows of other tools.
  public func foreignScores() async throws -> Int {
    Int(try await connection.query("SELECT count(*) FROM scores WHERE period_start IS NULL")[0].int(0))
  }

  /// What an adopted database had before: the Python original's, without evidence in our form.
  public struct Adopted: Sendable, Hashable {
    /// Up to where snapshots and cycles are the original's; nil when nothing was adopted.
    public var until: Timestamp?
    /// Up to where checkpoints are.
    public var checkpointsUntil: Timestamp?

    /// Whether a checkpoint is the original's: ours have a digest.
    public func has(_ checkpoint: Checkpoint) -> Bool {
      checkpointsUntil.map { checkpoint.periodEnd <= $0 } == true && checkpoint.evidenceDigest == nil
    }
  }

  public func adopted() async throws -> Adopted {
    let row = try await connection.query("SELECT adopted_until, adopted_checkpoints_until FROM seal_state").first
    return Adopted(until: try row?.timestampIfPresent(0), checkpointsUntil: try row?.timestampIfPresent(1))
  }

  /// Snapshots that ended in a span and that no seal of ours made: rows of other tools.
  public func foreignSnapshots(_ span: Span) async throws -> Int {
    Int(
      try await connection.query(
        """
        SELECT count(*) FROM snapshots
        WHERE sealed_at IS NULL AND NOT provisional AND period_end > $1 AND period_end <= $2
        """, span.parameters)[0].int(0))
  }

  public func models() async throws -> [Model] {
    try await connection.query(ModelStore.all).map(ModelStore.model)
  }
}

extension EvidenceStore {
  /// Lends one unchanging view of the database.
  public func view<Result: Sendable>(
    _ body: @Sendable (EvidenceView) async throws -> Result
  ) async throws -> Result {
    try await pool.transaction { connection in
      try connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
      // A window is sorted in memory; compiling its plan would take longer than it saves.
      try connection.query("SET LOCAL work_mem = '128MB'")
      try connection.query("SET LOCAL jit = off")
      return try await body(EvidenceView(connection: connection))
    }
  }
}
