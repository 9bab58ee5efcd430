import Competition
import Postgres

/// Table `dead_letters`: entries that could not be handled, kept where FLUSHALL does not reach.
public struct DeadLetterStore: Sendable {
  let pool: PostgresPool

  /// Keeps letters; one entry has one letter, whoever tells of it and how often.
  public func record(_ letters: [NewDeadLetter]) async throws {
    guard !letters.isEmpty else { return }
    try await pool.pipeline([try Self.insert(letters)])
  }

  /// Gives a task up: the letter is kept, and the predictions of the task that are still PENDING end with its cause.
  public func bury(_ letter: NewDeadLetter, task: TaskKey) async throws {
    try await pool.pipeline([
      try Self.insert([letter]),
      PostgresQuery(
        """
        UPDATE predictions SET status = 'FAILED', failed_reason = $3
        WHERE input_id = $1 AND scope_key = $2 AND status = 'PENDING'
        """,
        [
          .text(task.inputID), .text(task.scopeKey),
          .text(DeadLetter.reason(cause: letter.cause, deliveries: letter.deliveries)),
        ]),
    ])
  }

  private static func insert(_ letters: [NewDeadLetter]) throws -> PostgresQuery {
    PostgresQuery(
      """
      INSERT INTO dead_letters AS known (stream, entry_id, kind, cause, payload_jsonb, deliveries, worker)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::bigint[], $7::text[])
      ON CONFLICT (stream, entry_id) DO UPDATE
      SET cause = excluded.cause, deliveries = greatest(known.deliveries, excluded.deliveries), worker = excluded.worker
      """,
      [
        .texts(letters.map(\.stream)), .texts(letters.map(\.entryID)), .texts(letters.map(\.kind)),
        .texts(letters.map(\.cause)), try .jsons(letters.map(\.payload)), .ints(letters.map { Int64($0.deliveries) }),
        .texts(letters.map(\.worker)),
      ])
  }

  /// Letters, the newest first.
  /// - Parameter includesResolved: also those that were replayed or discarded.
  public func list(limit: Int, includesResolved: Bool = false) async throws -> [DeadLetter] {
    try await pool.query(
      """
      SELECT id, stream, entry_id, kind, cause, payload_jsonb, deliveries::bigint, worker, created_at, resolved_at,
        resolution
      FROM dead_letters WHERE resolved_at IS NULL OR $2
      ORDER BY created_at DESC, id DESC LIMIT $1
      """, [.int(Int64(limit)), .bool(includesResolved)]
    ).map(Self.letter)
  }

  /// How many letters nobody has replayed or discarded.
  public func openCount() async throws -> Int {
    Int(try await pool.query("SELECT count(*) FROM dead_letters WHERE resolved_at IS NULL")[0].int(0))
  }

  public func letter(id: Int64) async throws -> DeadLetter? {
    try await pool.query(
      """
      SELECT id, stream, entry_id, kind, cause, payload_jsonb, deliveries::bigint, worker, created_at, resolved_at,
        resolution
      FROM dead_letters WHERE id = $1
      """, [.int(id)]
    ).first.map(Self.letter)
  }

  /// Reopens what a letter ended: the predictions of its task that FAILED with it, and those whose scoring failed, are
  /// PENDING again, and the sweep publishes them. Only this reopens a prediction that has ended (decision 9); what is
  /// reopened goes into the first bucket that is not sealed. Answers how many; nil when the letter is resolved already.
  public func replay(id: Int64) async throws -> Int? {
    try await pool.transaction { connection in
      guard let letter = try connection.query(Self.resolve, [.int(id), .text("replayed")]).first.map(Self.letter)
      else { return nil }
      guard let input = letter.payload["input_id"]?.string, let scope = letter.payload["scope_key"]?.string
      else { return 0 }
      let task: [PostgresParameter] = [.text(input), .text(scope)]
      try connection.query(
        """
        DELETE FROM scores s USING predictions p
        WHERE p.id = s.prediction_id AND p.input_id = $1 AND p.scope_key = $2 AND p.status = 'SCORED'
          AND s.success IS FALSE
        """, task)
      // Whoever raises the sweep's mark waits for this, so that none of these rows stays below it.
      try connection.query("SELECT pg_advisory_xact_lock_shared($1)", [.int(AdvisoryLock.sweep)])
      return try connection.query(
        """
        WITH reopened AS (
          UPDATE predictions p SET status = 'PENDING', failed_reason = NULL
          WHERE p.input_id = $1 AND p.scope_key = $2 AND (
            p.status = 'FAILED' AND p.failed_reason = $3
            OR p.status = 'SCORED' AND NOT EXISTS (SELECT 1 FROM scores s WHERE s.prediction_id = p.id))
          RETURNING p.resolvable_at
        ), lowered AS (
          UPDATE sweep_state SET low_water = earliest.at - interval '1 microsecond'
          FROM (SELECT min(resolvable_at) AS at FROM reopened) earliest
          WHERE earliest.at IS NOT NULL AND low_water >= earliest.at)
        SELECT count(*) FROM reopened
        """, task + [.text(DeadLetter.reason(cause: letter.cause, deliveries: letter.deliveries))]
      ).first.map { Int(try $0.int(0)) }
    }
  }

  /// Sets a letter aside; what it ended stays as it is. Answers false when it is resolved already, or not there.
  public func discard(id: Int64) async throws -> Bool {
    try await pool.query(Self.resolve, [.int(id), .text("discarded")]).count == 1
  }

  private static let resolve: SQL = """
    UPDATE dead_letters SET resolved_at = now(), resolution = $2 WHERE id = $1 AND resolved_at IS NULL
    RETURNING id, stream, entry_id, kind, cause, payload_jsonb, deliveries::bigint, worker, created_at, resolved_at,
      resolution
    """

  static func letter(_ row: PostgresRow) throws -> DeadLetter {
    DeadLetter(
      id: try row.int(0), stream: try row.text(1), entryID: try row.text(2), kind: try row.text(3),
      cause: try row.text(4), payload: try row.object(5), deliveries: Int(try row.int(6)), worker: try row.text(7),
      createdAt: try row.timestamp(8), resolvedAt: try row.timestampIfPresent(9), resolution: row.textIfPresent(10))
  }
}
