import Competition
import Postgres

extension ReportStore {
  /// What became of a request for a backfill.
  public enum BackfillAnswer: Sendable {
    case made(BackfillJob)
    /// The same request came before and made this job.
    case repeated(BackfillJob)
    /// The key of this request came before with another one.
    case otherRequest
    /// Another job is not done yet.
    case busy(BackfillJob)
  }

  /// Makes a job, and the command by which the worker that fetches learns of it. One at a time: of several callers at once
  /// one makes it.
  public func requestBackfill(_ request: BackfillRequest, by action: AdminAction) async throws -> BackfillAnswer {
    try await pool.transaction { connection in
      try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(AdvisoryLock.backfill)])
      let payload = try PostgresParameter.json(request.payload)
      if let key = action.idempotencyKey {
        let earlier = try connection.query(
          """
          SELECT target, payload_jsonb = $2 FROM commands WHERE kind = 'backfill' AND idempotency_key = $1 LIMIT 1
          """, [.text(key), payload]
        ).first
        if let earlier {
          let job = try connection.query(Self.backfillJob, [.text(try earlier.text(0))]).first.map(BackfillJob.init)
          guard try earlier.bool(1), let job else { return .otherRequest }
          return .repeated(job)
        }
      }
      if let open = try BackfillStore.firstOpen(connection) { return .busy(open) }
      return .made(try BackfillStore.make(request, by: action, connection))
    }
  }

  /// The newest jobs, newest first.
  /// - Parameter status: compared as it is; nil for all.
  public func backfillJobs(status: String?, limit: Int) async throws -> [BackfillJob] {
    try await pool.query(
      """
      SELECT id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, records_written::bigint,
        pages_fetched::bigint, status, error, created_at, updated_at, destination
      FROM backfill_jobs WHERE $1::text IS NULL OR status = $1 ORDER BY created_at DESC, id DESC LIMIT $2
      """, [.text(status), .int(Int64(limit))]
    ).map(BackfillJob.init)
  }

  public func backfillJob(id: String) async throws -> BackfillJob? {
    try await pool.query(Self.backfillJob, [.text(id)]).first.map(BackfillJob.init)
  }

  private static let backfillJob: SQL = """
    SELECT id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, records_written::bigint,
      pages_fetched::bigint, status, error, created_at, updated_at, destination
    FROM backfill_jobs WHERE id = $1
    """
}
