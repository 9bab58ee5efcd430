extension Migration {
  /// The ten tables of the original with its names and columns, and what exactly-once scoring needs beside them.
  static let tables = Migration(
    version: 1, name: "tables",
    script: """
      CREATE TABLE models (
        id text PRIMARY KEY,
        name text NOT NULL,
        deployment_identifier text NOT NULL DEFAULT '',
        player_id text NOT NULL DEFAULT '',
        player_name text NOT NULL DEFAULT '',
        overall_score_jsonb jsonb,
        scores_by_scope_jsonb jsonb,
        meta_jsonb jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      );

      CREATE TABLE scheduled_prediction_configs (
        id text PRIMARY KEY,
        scope_key text NOT NULL,
        scope_template_jsonb jsonb,
        schedule_jsonb jsonb,
        active boolean NOT NULL DEFAULT true,
        "order" integer NOT NULL DEFAULT 0,
        meta_jsonb jsonb
      );

      CREATE TABLE inputs (
        id text PRIMARY KEY,
        status text NOT NULL DEFAULT 'RECEIVED',
        raw_data_jsonb jsonb,
        actuals_jsonb jsonb,
        scope_jsonb jsonb,
        meta_jsonb jsonb,
        received_at timestamptz NOT NULL DEFAULT now(),
        resolvable_at timestamptz
      );
      CREATE INDEX inputs_received_at ON inputs (received_at);

      -- Scoring changes status and failed_reason of every row once, and the rows of a page at the same time: neither
      -- column is indexed, and half of each page stays free, so that the change stays there and touches no index.
      CREATE TABLE predictions (
        id text PRIMARY KEY,
        input_id text NOT NULL REFERENCES inputs (id),
        model_id text NOT NULL REFERENCES models (id),
        prediction_config_id text REFERENCES scheduled_prediction_configs (id),
        scope_key text NOT NULL,
        scope_jsonb jsonb,
        status text NOT NULL DEFAULT 'PENDING',
        failed_reason text,
        exec_time_ms double precision NOT NULL DEFAULT 0,
        inference_output_jsonb jsonb,
        meta_jsonb jsonb,
        performed_at timestamptz NOT NULL DEFAULT now(),
        resolvable_at timestamptz
      ) WITH (fillfactor = 50);
      CREATE UNIQUE INDEX predictions_once ON predictions (input_id, scope_key, model_id);
      CREATE INDEX predictions_resolvable_at ON predictions (resolvable_at);
      CREATE INDEX predictions_performed_at ON predictions (performed_at);

      CREATE TABLE scores (
        id text PRIMARY KEY,
        prediction_id text NOT NULL UNIQUE REFERENCES predictions (id),
        result_jsonb jsonb,
        success boolean DEFAULT true,
        failed_reason text,
        scored_at timestamptz NOT NULL DEFAULT now(),
        -- Start of the bucket of time whose snapshots count this score; null in rows of other tools.
        period_start timestamptz
      );
      CREATE INDEX scores_period_start ON scores (period_start);

      CREATE TABLE checkpoints (
        id text PRIMARY KEY,
        period_start timestamptz NOT NULL,
        period_end timestamptz NOT NULL,
        status text NOT NULL DEFAULT 'PENDING',
        entries_jsonb jsonb,
        meta_jsonb jsonb,
        merkle_root text,
        created_at timestamptz NOT NULL DEFAULT now(),
        tx_hash text,
        submitted_at timestamptz
      );
      CREATE INDEX checkpoints_created_at ON checkpoints (created_at);
      CREATE INDEX checkpoints_period_end ON checkpoints (period_end);

      CREATE TABLE snapshots (
        id text PRIMARY KEY,
        model_id text NOT NULL REFERENCES models (id),
        period_start timestamptz NOT NULL,
        period_end timestamptz NOT NULL,
        prediction_count integer NOT NULL DEFAULT 0,
        result_summary_jsonb jsonb,
        meta_jsonb jsonb,
        content_hash text,
        created_at timestamptz NOT NULL DEFAULT now(),
        -- True while scores may still come; rows of other tools count as sealed.
        provisional boolean NOT NULL DEFAULT false,
        sealed_at timestamptz,
        -- The one checkpoint that counts this snapshot.
        checkpoint_id text REFERENCES checkpoints (id)
      );
      CREATE UNIQUE INDEX snapshots_once ON snapshots (model_id, period_start)
        WHERE provisional OR sealed_at IS NOT NULL;
      CREATE INDEX snapshots_provisional ON snapshots (period_start) WHERE provisional;
      CREATE INDEX snapshots_period_end ON snapshots (period_end);
      CREATE INDEX snapshots_created_at ON snapshots (created_at);
      CREATE INDEX snapshots_unclaimed ON snapshots (period_end) WHERE checkpoint_id IS NULL;

      CREATE TABLE leaderboards (
        id text PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now(),
        entries_jsonb jsonb,
        meta_jsonb jsonb
      );
      CREATE INDEX leaderboards_created_at ON leaderboards (created_at);

      CREATE TABLE feed_records (
        id text PRIMARY KEY,
        source text NOT NULL,
        subject text NOT NULL,
        kind text NOT NULL,
        granularity text NOT NULL,
        ts_event timestamptz NOT NULL,
        ts_ingested timestamptz NOT NULL DEFAULT now(),
        values_jsonb jsonb,
        meta_jsonb jsonb
      );
      -- Whether a candle's values are final: as its provider says, else when it was taken in at or after its end.
      CREATE FUNCTION is_closed_candle(meta jsonb, ingested timestamptz, ends timestamptz) RETURNS boolean
        LANGUAGE sql IMMUTABLE
        RETURN CASE jsonb_typeof(meta -> 'closed')
          WHEN 'boolean' THEN (meta -> 'closed')::boolean ELSE ingested >= ends END;
      CREATE UNIQUE INDEX feed_records_key ON feed_records (source, subject, kind, granularity, ts_event);
      CREATE INDEX feed_records_ts_event ON feed_records (ts_event);

      CREATE TABLE feed_ingestion_state (
        id text PRIMARY KEY,
        source text NOT NULL,
        subject text NOT NULL,
        kind text NOT NULL,
        granularity text NOT NULL,
        last_event_ts timestamptz,
        updated_at timestamptz NOT NULL DEFAULT now(),
        meta_jsonb jsonb
      );
      CREATE UNIQUE INDEX feed_ingestion_state_key ON feed_ingestion_state (source, subject, kind, granularity);
      """)
}
