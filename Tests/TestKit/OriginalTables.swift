/// A database of the Python original: its tables as PostgreSQL shows them, and rows such as it writes. To be run as a script.
public enum OriginalTables: String, Sendable, CaseIterable {
  case first = "0.1.1"
  case second = "0.1.101"

  public var script: String {
    switch self {
    case .first: Self.firstTables
    case .second: Self.secondTables
    }
  }

  /// Two models with a prediction a minute for two hours: most were scored and aggregated, the last checkpoint ended half an
  /// hour ago, one answer was refused, one model was away, and the newest answers wait for their truth, which is in the feed.
  public static let rows = """
    SET LOCAL TimeZone = 'UTC';
    INSERT INTO models SELECT 'm' || n, 'model ' || n, 'd' || n, 'p' || n, 'player ' || n, '{}', '[]', '{}', now(), now()
      FROM generate_series(1, 2) n;
    INSERT INTO scheduled_prediction_configs VALUES ('CFG_001', 'BTC-60', '{"subject": "BTC"}',
      '{"prediction_interval_seconds": 60, "resolve_horizon_seconds": 60}', true, 0, '{}');
    INSERT INTO feed_records
      SELECT 'f' || i, 'binance', 'BTC', 'candle', '1m', t, t + interval '61 s',
        jsonb_build_object('open', 100 + i, 'high', 101 + i, 'low', 99 + i, 'close', 100 + i, 'volume', 1), '{}'
      FROM generate_series(1, 130) i, LATERAL (SELECT date_trunc('minute', now()) - i * interval '1 minute' AS t) at;
    INSERT INTO feed_ingestion_state
      SELECT 'binance:BTC:candle:1m', 'binance', 'BTC', 'candle', '1m', max(ts_event), max(ts_event), '{"phase": "listen"}'
      FROM feed_records;
    INSERT INTO inputs (id, raw_data_jsonb, received_at)
      SELECT 'INP_' || i, '{"symbol": "BTC"}', date_trunc('minute', now()) - i * interval '1 minute'
      FROM generate_series(1, 120) i;
    INSERT INTO predictions
      SELECT 'PRE_m' || n || '_BTC-60_' || i, 'INP_' || i, 'm' || n, 'CFG_001', 'BTC-60',
        '{"subject": "BTC", "resolve_horizon_seconds": 60}',
        CASE WHEN i <= 4 THEN 'PENDING' WHEN i = 5 AND n = 1 THEN 'FAILED' WHEN i = 5 THEN 'ABSENT' ELSE 'SCORED' END,
        1500,
        CASE WHEN i = 5 AND n = 1 THEN '{"_validation_error": "no value", "raw_output": {}}'
          ELSE '{"value": 0.5}' END::jsonb,
        '{}', at.t, at.t + interval '1 minute'
      FROM generate_series(1, 120) i, generate_series(1, 2) n,
        LATERAL (SELECT date_trunc('minute', now()) - (i + 1) * interval '1 minute' AS t) at;
    INSERT INTO scores
      SELECT 'SCR_' || id, id, '{"value": 0.5, "success": true}', true, NULL, resolvable_at FROM predictions
      WHERE status = 'SCORED';
    INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, meta_jsonb,
        created_at)
      SELECT 'SNAP_' || replace(s.id, 'SCR_', ''), p.model_id, s.scored_at, s.scored_at, 1,
        jsonb_build_object('value', CASE p.model_id WHEN 'm1' THEN 0.25 ELSE 0.75 END, 'success', 1.0), '{}', s.scored_at
      FROM scores s JOIN predictions p ON p.id = s.prediction_id;
    INSERT INTO checkpoints (id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash,
        submitted_at)
      SELECT 'CKP_' || k, ends - interval '45 minutes', ends, CASE k WHEN 2 THEN 'PAID' ELSE 'PENDING' END,
        '[{"crunch": "", "cruncher_rewards": [{"cruncher_index": 0, "reward_pct": 1000000000}]}]',
        '{"model_count": 2, "ranking": []}', ends, CASE k WHEN 2 THEN 'tx' END, NULL
      FROM generate_series(1, 2) k,
        LATERAL (SELECT date_trunc('minute', now()) - interval '30 minutes' - (k - 1) * interval '45 minutes' AS ends) e;
    INSERT INTO leaderboards VALUES ('LBR_1', now() - interval '5 minutes', '[{"model_id": "m2", "rank": 1}]', '{}');
    """

  /// A cycle over the newest snapshot of the rows, as 0.1.101 writes it: made a while after the snapshot.
  public static let evidence = """
    WITH newest AS (SELECT id, model_id, period_end FROM snapshots ORDER BY period_end DESC, id LIMIT 1),
      cycle AS (
        INSERT INTO merkle_cycles (id, snapshots_root, chained_root, snapshot_count, created_at)
        SELECT 'CYC_1', repeat('a', 64), repeat('a', 64), 1, period_end + interval '20.5 seconds' FROM newest
        RETURNING id, created_at)
    INSERT INTO merkle_nodes (id, cycle_id, level, position, hash, snapshot_id, snapshot_content_hash, created_at)
      SELECT 'MRK_CYC_1_0_0', 'CYC_1', 0, 0, repeat('a', 64), newest.id, repeat('a', 64), cycle.created_at
      FROM newest, cycle;
    """

  /// Version 0.1.1: ten tables, moments without a zone.
  private static let firstTables =
    core(moment: "timestamp") + """
      ALTER TABLE inputs ADD COLUMN status varchar NOT NULL DEFAULT 'RECEIVED', ADD COLUMN actuals_jsonb jsonb, ADD COLUMN scope_jsonb jsonb,
        ADD COLUMN meta_jsonb jsonb, ADD COLUMN resolvable_at timestamp;
      CREATE INDEX ix_inputs_status ON inputs (status);
      CREATE INDEX ix_inputs_resolvable_at ON inputs (resolvable_at);
      """

  /// Version 0.1.101: thirteen tables, moments with a zone. At each start it drops the key from predictions to configs.
  private static let secondTables =
    core(moment: "timestamptz") + """
      ALTER TABLE snapshots ADD COLUMN content_hash varchar;
      CREATE INDEX ix_snapshots_content_hash ON snapshots (content_hash);
      ALTER TABLE checkpoints ADD COLUMN merkle_root varchar;
      CREATE TABLE backfill_jobs (
        id varchar NOT NULL PRIMARY KEY, source varchar NOT NULL, subject varchar NOT NULL, kind varchar NOT NULL,
        granularity varchar NOT NULL, start_ts timestamptz NOT NULL, end_ts timestamptz NOT NULL, cursor_ts timestamptz,
        records_written integer NOT NULL, pages_fetched integer NOT NULL, status varchar NOT NULL, error varchar,
        created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
      CREATE TABLE merkle_cycles (
        id varchar NOT NULL PRIMARY KEY, previous_cycle_id varchar, previous_cycle_root varchar,
        snapshots_root varchar NOT NULL, chained_root varchar NOT NULL, snapshot_count integer NOT NULL,
        created_at timestamptz NOT NULL);
      CREATE TABLE merkle_nodes (
        id varchar NOT NULL PRIMARY KEY, checkpoint_id varchar REFERENCES checkpoints (id),
        cycle_id varchar REFERENCES merkle_cycles (id), level integer NOT NULL, position integer NOT NULL,
        hash varchar NOT NULL, left_child_id varchar, right_child_id varchar, snapshot_id varchar REFERENCES snapshots (id),
        snapshot_content_hash varchar, created_at timestamptz NOT NULL);
      DO $$ DECLARE i text; BEGIN
        FOREACH i IN ARRAY ARRAY['backfill_jobs source', 'backfill_jobs subject', 'backfill_jobs kind',
          'backfill_jobs granularity', 'backfill_jobs status', 'backfill_jobs created_at', 'backfill_jobs updated_at',
          'merkle_cycles previous_cycle_id', 'merkle_cycles chained_root', 'merkle_cycles created_at',
          'merkle_nodes checkpoint_id', 'merkle_nodes cycle_id', 'merkle_nodes snapshot_id'] LOOP
          EXECUTE format('CREATE INDEX %I ON %I (%I)', 'ix_' || replace(i, ' ', '_'), split_part(i, ' ', 1),
            split_part(i, ' ', 2));
        END LOOP;
      END $$;
      ALTER TABLE predictions DROP CONSTRAINT predictions_prediction_config_id_fkey;
      """

  private static func core(moment: String) -> String {
    """
    CREATE TABLE models (
      id varchar NOT NULL PRIMARY KEY, name varchar NOT NULL, deployment_identifier varchar NOT NULL,
      player_id varchar NOT NULL, player_name varchar NOT NULL, overall_score_jsonb jsonb, scores_by_scope_jsonb jsonb,
      meta_jsonb jsonb, created_at \(moment) NOT NULL, updated_at \(moment) NOT NULL);
    CREATE TABLE leaderboards (
      id varchar NOT NULL PRIMARY KEY, created_at \(moment) NOT NULL, entries_jsonb jsonb, meta_jsonb jsonb);
    CREATE TABLE scheduled_prediction_configs (
      id varchar NOT NULL PRIMARY KEY, scope_key varchar NOT NULL, scope_template_jsonb jsonb, schedule_jsonb jsonb,
      active boolean NOT NULL, "order" integer NOT NULL, meta_jsonb jsonb);
    CREATE TABLE inputs (id varchar NOT NULL PRIMARY KEY, raw_data_jsonb jsonb, received_at \(moment) NOT NULL);
    CREATE TABLE predictions (
      id varchar NOT NULL PRIMARY KEY, input_id varchar NOT NULL REFERENCES inputs (id),
      model_id varchar NOT NULL REFERENCES models (id),
      prediction_config_id varchar REFERENCES scheduled_prediction_configs (id), scope_key varchar NOT NULL,
      scope_jsonb jsonb, status varchar NOT NULL, exec_time_ms double precision NOT NULL, inference_output_jsonb jsonb,
      meta_jsonb jsonb, performed_at \(moment) NOT NULL, resolvable_at \(moment) NOT NULL);
    CREATE INDEX idx_predictions_lookup ON predictions (model_id, scope_key);
    CREATE TABLE scores (
      id varchar NOT NULL PRIMARY KEY, prediction_id varchar NOT NULL REFERENCES predictions (id), result_jsonb jsonb,
      success boolean, failed_reason varchar, scored_at \(moment) NOT NULL);
    CREATE TABLE snapshots (
      id varchar NOT NULL PRIMARY KEY, model_id varchar NOT NULL REFERENCES models (id), period_start \(moment) NOT NULL,
      period_end \(moment) NOT NULL, prediction_count integer NOT NULL, result_summary_jsonb jsonb, meta_jsonb jsonb,
      created_at \(moment) NOT NULL);
    CREATE TABLE checkpoints (
      id varchar NOT NULL PRIMARY KEY, period_start \(moment) NOT NULL, period_end \(moment) NOT NULL,
      status varchar NOT NULL, entries_jsonb jsonb, meta_jsonb jsonb, created_at \(moment) NOT NULL, tx_hash varchar,
      submitted_at \(moment));
    CREATE TABLE feed_records (
      id varchar NOT NULL PRIMARY KEY, source varchar NOT NULL, subject varchar NOT NULL, kind varchar NOT NULL,
      granularity varchar NOT NULL, ts_event \(moment) NOT NULL, ts_ingested \(moment) NOT NULL, values_jsonb jsonb,
      meta_jsonb jsonb);
    CREATE UNIQUE INDEX uq_feed_records_event ON feed_records (source, subject, kind, granularity, ts_event);
    CREATE TABLE feed_ingestion_state (
      id varchar NOT NULL PRIMARY KEY, source varchar NOT NULL, subject varchar NOT NULL, kind varchar NOT NULL,
      granularity varchar NOT NULL, last_event_ts \(moment), updated_at \(moment) NOT NULL, meta_jsonb jsonb);
    CREATE UNIQUE INDEX uq_feed_ingestion_scope ON feed_ingestion_state (source, subject, kind, granularity);
    DO $$ DECLARE i text; BEGIN
      FOREACH i IN ARRAY ARRAY['models player_id', 'models created_at', 'models updated_at', 'leaderboards created_at',
        'scheduled_prediction_configs scope_key', 'scheduled_prediction_configs active', 'inputs received_at',
        'predictions input_id', 'predictions model_id', 'predictions prediction_config_id', 'predictions scope_key',
        'predictions status', 'predictions performed_at', 'predictions resolvable_at', 'scores prediction_id',
        'scores scored_at', 'snapshots model_id', 'snapshots period_start', 'snapshots period_end', 'snapshots created_at',
        'checkpoints period_start', 'checkpoints period_end', 'checkpoints status', 'checkpoints created_at',
        'feed_records source', 'feed_records subject', 'feed_records kind', 'feed_records granularity',
        'feed_records ts_event', 'feed_records ts_ingested', 'feed_ingestion_state source', 'feed_ingestion_state subject',
        'feed_ingestion_state kind', 'feed_ingestion_state granularity', 'feed_ingestion_state last_event_ts',
        'feed_ingestion_state updated_at'] LOOP
        EXECUTE format('CREATE INDEX %I ON %I (%I)', 'ix_' || replace(i, ' ', '_'), split_part(i, ' ', 1),
          split_part(i, ' ', 2));
      END LOOP;
    END $$;

    """
  }
}
