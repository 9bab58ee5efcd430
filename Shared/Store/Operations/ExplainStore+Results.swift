import Competition
import Postgres

// What came of scores, where data came from, and who did what.

extension ExplainStore {
  /// How many of the newest rows of a table are looked at where no index leads to those that are asked for.
  public static let newestRows = 10_000

  // MARK: Snapshots, checkpoints, leaderboards

  public func snapshot(id: String) async throws -> SnapshotTrace? {
    try await pool.query(
      """
      SELECT s.id, s.model_id, s.period_start, s.period_end, s.prediction_count::bigint, s.result_summary_jsonb,
        s.meta_jsonb, s.created_at, s.provisional, s.sealed_at, s.checkpoint_id, c.status
      FROM snapshots s LEFT JOIN checkpoints c ON c.id = s.checkpoint_id WHERE s.id = $1
      """, [.text(id)]
    ).first.map(Self.snapshot)
  }

  func snapshot(model: String, periodStart: Timestamp) async throws -> SnapshotTrace? {
    try await pool.query(
      """
      SELECT s.id, s.model_id, s.period_start, s.period_end, s.prediction_count::bigint, s.result_summary_jsonb,
        s.meta_jsonb, s.created_at, s.provisional, s.sealed_at, s.checkpoint_id, c.status
      FROM snapshots s LEFT JOIN checkpoints c ON c.id = s.checkpoint_id
      WHERE s.model_id = $1 AND s.period_start = $2 AND (s.provisional OR s.sealed_at IS NOT NULL)
      """, [.text(model), .time(periodStart)]
    ).first.map(Self.snapshot)
  }

  private static func snapshot(_ row: PostgresRow) throws -> SnapshotTrace {
    SnapshotTrace(
      snapshot: try SnapshotStore.snapshot(row), isProvisional: try row.bool(8),
      sealedAt: try row.calendarTimeIfPresent(9), checkpointID: row.textIfPresent(10),
      checkpointStatus: row.textIfPresent(11))
  }

  public func checkpoint(id: String) async throws -> Checkpoint? {
    try await pool.query(
      """
      SELECT id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash, submitted_at
      FROM checkpoints WHERE id = $1
      """, [.text(id)]
    ).first.map(CheckpointStore.checkpoint)
  }

  public func leaderboard(id: String) async throws -> (board: Leaderboard, newestID: String)? {
    let answers = try await pool.pipeline([
      PostgresQuery("SELECT id, created_at, entries_jsonb, meta_jsonb FROM leaderboards WHERE id = $1", [.text(id)]),
      PostgresQuery("SELECT id FROM leaderboards ORDER BY created_at DESC LIMIT 1"),
    ])
    guard let row = answers[0].first, let newest = answers[1].first else { return nil }
    let entries = try row.value(2).array ?? []
    return (
      Leaderboard(
        id: try row.text(0), createdAt: try row.calendarTime(1), entries: entries.compactMap(\.object),
        meta: try row.object(3)), try newest.text(0)
    )
  }

  // MARK: Models and configs

  public func model(id: String) async throws -> ModelTrace? {
    let answers = try await pool.pipeline([
      PostgresQuery(
        "SELECT id, name, player_id, player_name, deployment_identifier, created_at FROM models WHERE id = $1",
        [.text(id)]),
      PostgresQuery(
        """
        SELECT id, status, performed_at
        FROM (SELECT id, status, performed_at, model_id FROM predictions ORDER BY performed_at DESC LIMIT $2) newest
        WHERE model_id = $1 ORDER BY performed_at DESC
        """, [.text(id), .int(Int64(Self.newestRows))]),
      PostgresQuery(
        """
        SELECT period_start FROM snapshots WHERE model_id = $1 AND (provisional OR sealed_at IS NOT NULL)
        ORDER BY period_start DESC LIMIT 1
        """, [.text(id)]),
    ])
    guard let row = answers[0].first else { return nil }
    var trace = ModelTrace(
      model: Model(
        id: try row.text(0), name: try row.text(1), playerID: try row.text(2), playerName: try row.text(3),
        deploymentIdentifier: try row.text(4), createdAt: try row.calendarTime(5)), recent: [:])
    for row in answers[1] {
      if let status = PredictionStatus(rawValue: try row.text(1)) { trace.recent[status, default: 0] += 1 }
    }
    trace.newestPrediction = try answers[1].first?.text(0)
    trace.newestAt = try answers[1].first?.calendarTime(2)
    if let period = try answers[2].first?.timestamp(0) {
      trace.snapshot = try await snapshot(model: id, periodStart: period)
    }
    return trace
  }

  /// The newest slot of each subject of a config.
  public func newestSlots(config: String) async throws -> [SlotTrace] {
    try await pool.query(Self.newestSlots, [.text(config)]).map(Self.slot)
  }

  /// Hops from subject to subject in the index: it costs by the subject, not by the slot.
  static let newestSlots: SQL = """
    WITH RECURSIVE named AS (
      SELECT min(subject) AS subject FROM prediction_slots WHERE config_id = $1
      UNION ALL
      SELECT (SELECT min(subject) FROM prediction_slots WHERE config_id = $1 AND subject > named.subject)
      FROM named WHERE named.subject IS NOT NULL
    )
    SELECT newest.* FROM named CROSS JOIN LATERAL (
      SELECT config_id, subject, slot, scope_key, worker, performed_at, deadline_at, answered_at,
        cardinality(model_ids)::bigint
      FROM prediction_slots WHERE config_id = $1 AND subject = named.subject ORDER BY slot DESC LIMIT 1) newest
    """

  // MARK: Feeds

  public func record(id: String) async throws -> FeedRecord? {
    try await pool.query(
      """
      SELECT source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb
      FROM feed_records WHERE id = $1
      """, [.text(id)]
    ).first.map { row in
      FeedRecord(
        key: FeedKey(
          source: try row.text(0), subject: try row.text(1), kind: FeedKind(rawValue: try row.text(2)),
          granularity: try row.text(3)),
        eventTime: try row.calendarTime(4), ingestedTime: try row.calendarTime(5), values: try row.object(6),
        meta: try row.object(7))
    }
  }

  public func feed(watermark id: String) async throws -> FeedSummary? {
    try await pool.query(
      """
      SELECT source, subject, kind, granularity, last_event_ts, updated_at, coalesce(meta_jsonb ->> 'phase', '')
      FROM feed_ingestion_state WHERE id = $1
      """, [.text(id)]
    ).first.map { row in
      FeedSummary(
        key: FeedKey(
          source: try row.text(0), subject: try row.text(1), kind: FeedKind(rawValue: try row.text(2)),
          granularity: try row.text(3)),
        watermark: try row.calendarTimeIfPresent(4), updatedAt: try row.calendarTime(5), phase: try row.text(6))
    }
  }

  // MARK: Entries and workers

  /// Commits that an entry of `predictions.pending` led to.
  public func runs(entry: String) async throws -> [RunTrace] {
    try await pool.query(
      """
      SELECT input_id, scope_key, worker, entry_id, deliveries::bigint, predictions::bigint, committed_at
      FROM score_runs WHERE entry_id = $1 ORDER BY id
      """, [.text(entry)]
    ).map(Self.run)
  }

  public func letters(entry: String, streams: [String]) async throws -> [DeadLetter] {
    try await pool.query(
      """
      SELECT id, stream, entry_id, kind, cause, payload_jsonb, deliveries::bigint, worker, created_at, resolved_at,
        resolution
      FROM dead_letters WHERE stream = ANY($2) AND entry_id = $1 ORDER BY id
      """, [.text(entry), .texts(streams)]
    ).map(DeadLetterStore.letter)
  }

  /// What a worker did lately, by its name.
  public func worker(name: String) async throws -> WorkerTrace {
    let newest = PostgresParameter.int(Int64(Self.newestRows))
    let answers = try await pool.pipeline([
      PostgresQuery(
        "SELECT name FROM leases WHERE holder = $1 AND expires_at >= clock_timestamp() ORDER BY name", [.text(name)]),
      PostgresQuery(
        """
        SELECT input_id, scope_key, worker, entry_id, deliveries::bigint, predictions::bigint, committed_at
        FROM (SELECT * FROM score_runs ORDER BY id DESC LIMIT $2) newest WHERE worker = $1 ORDER BY id DESC
        """, [.text(name), newest]),
      PostgresQuery(
        """
        SELECT id, stream, entry_id, kind, cause, payload_jsonb, deliveries::bigint, worker, created_at, resolved_at,
          resolution
        FROM (SELECT * FROM dead_letters ORDER BY id DESC LIMIT $2) newest WHERE worker = $1 ORDER BY id DESC
        """, [.text(name), newest]),
      PostgresQuery(
        """
        SELECT count(*) FROM (
          SELECT worker FROM prediction_slots WHERE answered_at IS NULL ORDER BY resolvable_at LIMIT $2) newest
        WHERE worker = $1
        """, [.text(name), newest]),
    ])
    return WorkerTrace(
      leases: try answers[0].map { try $0.text(0) }, runs: try answers[1].map(Self.run),
      letters: try answers[2].map(DeadLetterStore.letter), openSlots: Int(try answers[3][0].int(0)))
  }
}
