import Competition
import Postgres

/// How the stages of the pipeline do, for people who look at them.
public struct OverviewStore: Sendable {
  let pool: PostgresPool

  /// What happened in the last seconds, and how long it took.
  public struct Recent: Sendable, Hashable {
    /// Records stored, and the median of their age then, in milliseconds.
    public var records = 0
    public var recordAge: Double?
    /// Predictions stored, and the median of the models' time, in milliseconds.
    public var predictions = 0
    public var modelTime: Double?
    /// Scores committed, and the median of their delay after `resolvable_at`, in milliseconds.
    public var scores = 0
    public var scoreDelay: Double?
  }

  /// Everything there is, counted.
  public struct Totals: Sendable, Hashable {
    public var records = 0
    public var inputs = 0
    public var predictions: [PredictionStatus: Int] = [:]
    public var scores = 0
    public var snapshots = 0
    public var checkpoints = 0
    /// Sum of the shares of the newest checkpoint's participants, in frac64.
    public var emission: Int64?
    public var deadLetters = 0
  }

  public func recent(seconds: Int) async throws -> Recent {
    let span: [PostgresParameter] = [.double(Double(seconds))]
    let rows = try await pool.pipeline([
      PostgresQuery(
        """
        SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ts_ingested - ts_event)::float8 * 1000)
        FROM feed_records
        WHERE ts_event > now() - ($1 + 60) * interval '1 second' AND ts_ingested > now() - $1 * interval '1 second'
          AND isfinite(ts_event) AND isfinite(ts_ingested)
        """, span),
      PostgresQuery(
        """
        SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY exec_time_ms) FILTER (WHERE exec_time_ms > 0)
        FROM predictions WHERE performed_at > now() - $1 * interval '1 second'
        """, span),
      PostgresQuery(
        """
        SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM s.scored_at - p.resolvable_at)::float8 * 1000)
        FROM predictions p JOIN scores s ON s.prediction_id = p.id
        WHERE p.resolvable_at > now() - ($1 + 60) * interval '1 second'
          AND s.scored_at > now() - $1 * interval '1 second'
          AND isfinite(p.resolvable_at) AND isfinite(s.scored_at)
        """, span),
    ])
    var recent = Recent()
    if let row = rows[0].first {
      (recent.records, recent.recordAge) = (Int(try row.int(0)), try row.doubleIfPresent(1))
    }
    if let row = rows[1].first {
      (recent.predictions, recent.modelTime) = (Int(try row.int(0)), try row.doubleIfPresent(1))
    }
    if let row = rows[2].first {
      (recent.scores, recent.scoreDelay) = (Int(try row.int(0)), try row.doubleIfPresent(1))
    }
    return recent
  }

  /// Counts whole tables: for summaries, not for screens that refresh.
  public func totals() async throws -> Totals {
    let rows = try await pool.pipeline([
      PostgresQuery(
        """
        SELECT (SELECT count(*) FROM feed_records), (SELECT count(*) FROM inputs), (SELECT count(*) FROM scores),
          (SELECT count(*) FROM snapshots), (SELECT count(*) FROM checkpoints),
          (SELECT count(*) FROM dead_letters WHERE resolved_at IS NULL),
          (SELECT sum((reward ->> 'reward_pct')::bigint)::bigint
           FROM (SELECT entries_jsonb FROM checkpoints ORDER BY created_at DESC, id DESC LIMIT 1) newest,
             jsonb_array_elements(newest.entries_jsonb -> 0 -> 'cruncher_rewards') reward)
        """),
      PostgresQuery("SELECT status, count(*) FROM predictions GROUP BY status"),
    ])
    var totals = Totals()
    let row = rows[0][0]
    totals.records = Int(try row.int(0))
    totals.inputs = Int(try row.int(1))
    totals.scores = Int(try row.int(2))
    totals.snapshots = Int(try row.int(3))
    totals.checkpoints = Int(try row.int(4))
    totals.deadLetters = Int(try row.int(5))
    totals.emission = try row.intIfPresent(6)
    for row in rows[1] {
      if let status = PredictionStatus(rawValue: try row.text(0)) { totals.predictions[status] = Int(try row.int(1)) }
    }
    return totals
  }

  /// Predictions that still wait for their score.
  public func pendingCount() async throws -> Int {
    Int(
      try await pool.query(
        """
        SELECT count(*) FROM predictions
        WHERE resolvable_at > (SELECT low_water FROM sweep_state) AND status = 'PENDING'
        """)[0].int(0))
  }
}

extension Store {
  public var overview: OverviewStore { OverviewStore(pool: pool) }
}
