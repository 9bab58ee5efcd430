import Competition
import Postgres

/// Table `backfill_jobs`, for those who ask for history and for the worker that fetches it.
public struct BackfillStore: Sendable {
  let pool: PostgresPool

  // MARK: Asking

  /// Makes jobs that are worked on side by side.
  /// - Returns: the jobs; or the one that is not done yet, which is why none was made.
  public func request(
    _ requests: [BackfillRequest], by action: AdminAction
  ) async throws -> (made: [BackfillJob], busy: BackfillJob?) {
    try await pool.transaction { connection in
      try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(AdvisoryLock.backfill)])
      if let open = try Self.firstOpen(connection) { return ([], open) }
      return (try requests.map { try Self.make($0, by: action, connection) }, nil)
    }
  }

  public func job(id: String) async throws -> BackfillJob? {
    try await pool.query(
      """
      SELECT id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, records_written::bigint,
        pages_fetched::bigint, status, error, created_at, updated_at, destination
      FROM backfill_jobs WHERE id = $1
      """, [.text(id)]
    ).first.map(BackfillJob.init)
  }

  /// The newest jobs, newest first.
  public func newest(limit: Int) async throws -> [BackfillJob] {
    try await pool.query(
      """
      SELECT id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, records_written::bigint,
        pages_fetched::bigint, status, error, created_at, updated_at, destination
      FROM backfill_jobs ORDER BY created_at DESC, id DESC LIMIT $1
      """, [.int(Int64(limit))]
    ).map(BackfillJob.init)
  }

  /// Ends a job that is not done; what it has fetched stays. Its worker notices before the next page.
  /// - Returns: nil when it is done already, or was never there.
  public func cancel(id: String) async throws -> BackfillJob? { try await end(id, status: "cancelled", error: nil) }

  // MARK: Working

  /// Jobs that are not done, the oldest first. One that a worker left when it ended is among them.
  public func open(limit: Int) async throws -> [BackfillJob] {
    try await pool.query(
      """
      SELECT id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, records_written::bigint,
        pages_fetched::bigint, status, error, created_at, updated_at, destination
      FROM backfill_jobs WHERE status IN ('pending', 'running') ORDER BY created_at, id LIMIT $1
      """, [.int(Int64(limit))]
    ).map(BackfillJob.init)
  }

  /// Notes that a job is worked on.
  /// - Returns: false when somebody has ended it.
  public func begin(id: String) async throws -> Bool {
    try await pool.transaction { connection in
      let begun = try connection.query(
        """
        UPDATE backfill_jobs SET status = 'running', updated_at = clock_timestamp()
        WHERE id = $1 AND status IN ('pending', 'running')
        """, [.text(id)]
      ).affected
      try connection.query(
        "UPDATE commands SET state = 'running' WHERE kind = 'backfill' AND target = $1 AND state = 'pending'",
        [.text(id)])
      return begun == 1
    }
  }

  /// Notes what has been stored.
  /// - Parameter cursor: where a worker that takes over goes on.
  /// - Returns: false when somebody has ended the job.
  public func advance(id: String, to cursor: Timestamp, records: Int, pages: Int) async throws -> Bool {
    try await pool.query(
      """
      UPDATE backfill_jobs SET cursor_ts = greatest(cursor_ts, $2), records_written = records_written + $3::int,
        pages_fetched = pages_fetched + $4::int, updated_at = clock_timestamp()
      WHERE id = $1 AND status = 'running'
      """, [.text(id), .time(cursor), .int(Int64(records)), .int(Int64(pages))]
    ).affected == 1
  }

  /// Notes that all is fetched.
  public func complete(id: String) async throws { _ = try await end(id, status: "completed", error: nil) }

  /// Notes why a job cannot be done; what it has fetched stays.
  public func fail(id: String, reason: String) async throws { _ = try await end(id, status: "failed", error: reason) }

  private func end(_ id: String, status: String, error: String?) async throws -> BackfillJob? {
    try await pool.transaction { connection in
      let row = try connection.query(
        """
        UPDATE backfill_jobs SET status = $2, error = $3, updated_at = clock_timestamp(),
          cursor_ts = CASE WHEN $2 = 'completed' THEN end_ts ELSE cursor_ts END
        WHERE id = $1 AND status IN ('pending', 'running')
        RETURNING id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, records_written::bigint,
          pages_fetched::bigint, status, error, created_at, updated_at, destination
        """, [.text(id), .text(status), .text(error)]
      ).first
      guard let job = try row.map(BackfillJob.init) else { return nil }
      let result: JSONObject = [
        "status": .string(status), "records_written": .int(job.recordsWritten), "pages_fetched": .int(job.pagesFetched),
        "error": JSON(error),
      ]
      try connection.query(
        """
        UPDATE commands SET state = CASE WHEN $2 THEN 'done' ELSE 'failed' END, result_jsonb = $3,
          finished_at = clock_timestamp()
        WHERE kind = 'backfill' AND target = $1 AND state IN ('pending', 'running')
        """, [.text(id), .bool(status == "completed"), try .json(result)])
      return job
    }
  }

  // MARK: Within a transaction

  static func firstOpen(_ connection: isolated PostgresConnection) throws -> BackfillJob? {
    try connection.query(
      """
      SELECT id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, records_written::bigint,
        pages_fetched::bigint, status, error, created_at, updated_at, destination
      FROM backfill_jobs WHERE status IN ('pending', 'running') ORDER BY created_at LIMIT 1
      """
    ).first.map(BackfillJob.init)
  }

  /// Asks for a job, which the database makes of the command, so that who may insert commands alone can ask. An empty span is
  /// done at once.
  static func make(
    _ request: BackfillRequest, by action: AdminAction, _ connection: isolated PostgresConnection
  ) throws -> BackfillJob {
    let command = try connection.query(
      """
      INSERT INTO commands (id, kind, target, payload_jsonb, actor, state, idempotency_key, finished_at)
      VALUES (gen_random_uuid()::text, 'backfill', gen_random_uuid()::text, $1, $2,
        CASE WHEN $4 THEN 'done' ELSE 'pending' END, $3, CASE WHEN $4 THEN clock_timestamp() END)
      RETURNING target
      """,
      [
        try .json(request.payload), .text(action.actor), .text(action.idempotencyKey),
        .bool(request.end <= request.start),
      ])[0]
    return try BackfillJob(
      try connection.query(
        """
        SELECT id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, records_written::bigint,
          pages_fetched::bigint, status, error, created_at, updated_at, destination
        FROM backfill_jobs WHERE id = $1
        """, [.text(try command.text(0))])[0])
  }
}

extension Store {
  public var backfills: BackfillStore { BackfillStore(pool: pool) }
}
