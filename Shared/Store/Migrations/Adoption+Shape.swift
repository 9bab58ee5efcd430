extension Adoption {
  /// Gives the original's tables the shape that the first step makes, and those of 0.1.101 that the third step makes.
  /// Moments without a zone are UTC, as both versions wrote them. In this time zone PostgreSQL changes their type without
  /// writing the table anew.
  static let shape = """
    -- The original's indexes that are ours too, under our names; the others would cost each write, and go.
    DO $$
    DECLARE
      pair text[];
      old regclass;
    BEGIN
      FOREACH pair SLICE 1 IN ARRAY ARRAY[
        ['ix_inputs_received_at', 'inputs_received_at'],
        ['ix_predictions_resolvable_at', 'predictions_resolvable_at'],
        ['ix_predictions_performed_at', 'predictions_performed_at'],
        ['ix_checkpoints_created_at', 'checkpoints_created_at'],
        ['ix_checkpoints_period_end', 'checkpoints_period_end'],
        ['ix_snapshots_period_end', 'snapshots_period_end'],
        ['ix_snapshots_created_at', 'snapshots_created_at'],
        ['ix_leaderboards_created_at', 'leaderboards_created_at'],
        ['ix_feed_records_ts_event', 'feed_records_ts_event'],
        ['uq_feed_records_event', 'feed_records_key'],
        ['uq_feed_ingestion_scope', 'feed_ingestion_state_key'],
        ['ix_merkle_cycles_created_at', 'merkle_cycles_created_at'],
        ['ix_backfill_jobs_created_at', 'backfill_jobs_created_at']]
      LOOP
        EXECUTE format('ALTER INDEX IF EXISTS %I RENAME TO %I', pair[1], pair[2]);
      END LOOP;
      FOR old IN
        SELECT i.indexrelid::regclass
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
        WHERE t.relnamespace = 'public'::regnamespace
          AND t.relname IN ('models', 'scheduled_prediction_configs', 'inputs', 'predictions', 'scores', 'snapshots',
            'checkpoints', 'leaderboards', 'feed_records', 'feed_ingestion_state', 'backfill_jobs', 'merkle_cycles',
            'merkle_nodes')
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
          AND (x.relname LIKE 'ix\\_' || t.relname || '\\_%'
            OR x.relname IN ('ix_spc_scope_key', 'ix_spc_active', 'ix_predictions_config_id', 'idx_predictions_lookup',
              'idx_feed_records_lookup'))
      LOOP
        EXECUTE format('DROP INDEX %s', old);
      END LOOP;
    END $$;

    DO $$
    DECLARE
      change record;
    BEGIN
      FOR change IN
        SELECT table_name, string_agg(format('ALTER COLUMN %I %s', column_name,
          CASE data_type
            WHEN 'character varying' THEN 'TYPE text'
            WHEN 'timestamp without time zone' THEN 'TYPE timestamptz'
            WHEN 'real' THEN 'TYPE double precision'
            WHEN 'json' THEN format('DROP DEFAULT, ALTER COLUMN %I TYPE jsonb USING %I::jsonb', column_name, column_name)
          END), ', ') AS parts
        FROM information_schema.columns
        WHERE table_schema = 'public'
          AND data_type IN ('character varying', 'timestamp without time zone', 'real', 'json')
          AND table_name IN ('models', 'scheduled_prediction_configs', 'inputs', 'predictions', 'scores', 'snapshots',
            'checkpoints', 'leaderboards', 'feed_records', 'feed_ingestion_state', 'backfill_jobs', 'merkle_cycles',
            'merkle_nodes')
        GROUP BY table_name
      LOOP
        EXECUTE format('ALTER TABLE %I %s', change.table_name, change.parts);
      END LOOP;
    END $$;

    UPDATE models SET name = coalesce(name, ''), deployment_identifier = coalesce(deployment_identifier, ''),
      player_id = coalesce(player_id, ''), player_name = coalesce(player_name, ''),
      created_at = coalesce(created_at, updated_at, now()), updated_at = coalesce(updated_at, created_at, now())
      WHERE num_nulls(name, deployment_identifier, player_id, player_name, created_at, updated_at) > 0;
    ALTER TABLE models
      ALTER COLUMN name SET NOT NULL,
      ALTER COLUMN deployment_identifier SET NOT NULL, ALTER COLUMN deployment_identifier SET DEFAULT '',
      ALTER COLUMN player_id SET NOT NULL, ALTER COLUMN player_id SET DEFAULT '',
      ALTER COLUMN player_name SET NOT NULL, ALTER COLUMN player_name SET DEFAULT '',
      ALTER COLUMN created_at SET NOT NULL, ALTER COLUMN created_at SET DEFAULT now(),
      ALTER COLUMN updated_at SET NOT NULL, ALTER COLUMN updated_at SET DEFAULT now();

    ALTER TABLE scheduled_prediction_configs
      ALTER COLUMN scope_key SET NOT NULL,
      ALTER COLUMN active SET NOT NULL, ALTER COLUMN active SET DEFAULT true,
      ALTER COLUMN "order" SET NOT NULL, ALTER COLUMN "order" SET DEFAULT 0;

    ALTER TABLE inputs
      ADD COLUMN IF NOT EXISTS status text NOT NULL DEFAULT 'RECEIVED',
      ADD COLUMN IF NOT EXISTS actuals_jsonb jsonb,
      ADD COLUMN IF NOT EXISTS scope_jsonb jsonb,
      ADD COLUMN IF NOT EXISTS meta_jsonb jsonb,
      ADD COLUMN IF NOT EXISTS resolvable_at timestamptz;
    UPDATE inputs SET status = 'RECEIVED' WHERE status IS NULL;
    ALTER TABLE inputs
      ALTER COLUMN status SET NOT NULL, ALTER COLUMN status SET DEFAULT 'RECEIVED',
      ALTER COLUMN received_at SET NOT NULL, ALTER COLUMN received_at SET DEFAULT now();

    -- The column says milliseconds, and both versions filled it with the runner's microseconds.
    ALTER TABLE predictions
      ALTER COLUMN exec_time_ms TYPE double precision USING exec_time_ms / 1000,
      ADD COLUMN failed_reason text;
    ALTER TABLE predictions
      SET (fillfactor = 50),
      ALTER COLUMN input_id SET NOT NULL,
      ALTER COLUMN model_id SET NOT NULL,
      ALTER COLUMN scope_key SET NOT NULL,
      ALTER COLUMN status SET NOT NULL, ALTER COLUMN status SET DEFAULT 'PENDING',
      ALTER COLUMN exec_time_ms SET NOT NULL, ALTER COLUMN exec_time_ms SET DEFAULT 0,
      ALTER COLUMN performed_at SET NOT NULL, ALTER COLUMN performed_at SET DEFAULT now(),
      ALTER COLUMN resolvable_at DROP NOT NULL;

    ALTER TABLE scores
      ADD COLUMN period_start timestamptz,
      ALTER COLUMN prediction_id SET NOT NULL,
      ALTER COLUMN success DROP NOT NULL, ALTER COLUMN success SET DEFAULT true,
      ALTER COLUMN scored_at SET NOT NULL, ALTER COLUMN scored_at SET DEFAULT now();

    ALTER TABLE checkpoints
      ADD COLUMN IF NOT EXISTS merkle_root text,
      ALTER COLUMN period_start SET NOT NULL,
      ALTER COLUMN period_end SET NOT NULL,
      ALTER COLUMN status SET NOT NULL, ALTER COLUMN status SET DEFAULT 'PENDING',
      ALTER COLUMN created_at SET NOT NULL, ALTER COLUMN created_at SET DEFAULT now();

    ALTER TABLE snapshots
      ADD COLUMN IF NOT EXISTS content_hash text,
      ADD COLUMN provisional boolean NOT NULL DEFAULT false,
      ADD COLUMN sealed_at timestamptz,
      ADD COLUMN checkpoint_id text REFERENCES checkpoints (id),
      ALTER COLUMN model_id SET NOT NULL,
      ALTER COLUMN period_start SET NOT NULL,
      ALTER COLUMN period_end SET NOT NULL,
      ALTER COLUMN prediction_count SET NOT NULL, ALTER COLUMN prediction_count SET DEFAULT 0,
      ALTER COLUMN created_at SET NOT NULL, ALTER COLUMN created_at SET DEFAULT now();

    ALTER TABLE leaderboards ALTER COLUMN created_at SET NOT NULL, ALTER COLUMN created_at SET DEFAULT now();

    UPDATE feed_records SET ts_ingested = ts_event WHERE ts_ingested IS NULL;
    ALTER TABLE feed_records
      ALTER COLUMN source SET NOT NULL,
      ALTER COLUMN subject SET NOT NULL,
      ALTER COLUMN kind SET NOT NULL,
      ALTER COLUMN granularity SET NOT NULL,
      ALTER COLUMN ts_event SET NOT NULL,
      ALTER COLUMN ts_ingested SET NOT NULL, ALTER COLUMN ts_ingested SET DEFAULT now();

    UPDATE feed_ingestion_state SET updated_at = now() WHERE updated_at IS NULL;
    ALTER TABLE feed_ingestion_state
      ALTER COLUMN source SET NOT NULL,
      ALTER COLUMN subject SET NOT NULL,
      ALTER COLUMN kind SET NOT NULL,
      ALTER COLUMN granularity SET NOT NULL,
      ALTER COLUMN updated_at SET NOT NULL, ALTER COLUMN updated_at SET DEFAULT now();

    DO $$
    BEGIN
      IF to_regclass('public.backfill_jobs') IS NULL THEN RETURN; END IF;
      UPDATE backfill_jobs SET updated_at = coalesce(updated_at, created_at), status = lower(status)
        WHERE updated_at IS NULL OR status <> lower(status);
      -- The process that worked on them is gone, and while one is open no other is taken.
      UPDATE backfill_jobs SET status = 'failed', error = 'the node moved to another program', updated_at = now()
        WHERE status IN ('pending', 'running');
      ALTER TABLE backfill_jobs
        ALTER COLUMN records_written SET DEFAULT 0,
        ALTER COLUMN pages_fetched SET DEFAULT 0,
        ALTER COLUMN status SET DEFAULT 'pending',
        ALTER COLUMN created_at SET DEFAULT clock_timestamp(),
        ALTER COLUMN updated_at SET DEFAULT clock_timestamp(), ALTER COLUMN updated_at SET NOT NULL;
      ALTER TABLE merkle_nodes ALTER COLUMN created_at SET DEFAULT now();
      -- Whether the evidence fits together is what is verified, not what is enforced.
      ALTER TABLE merkle_nodes
        DROP CONSTRAINT IF EXISTS merkle_nodes_checkpoint_id_fkey,
        DROP CONSTRAINT IF EXISTS merkle_nodes_cycle_id_fkey,
        DROP CONSTRAINT IF EXISTS merkle_nodes_snapshot_id_fkey;
    END $$;

    CREATE INDEX IF NOT EXISTS inputs_received_at ON inputs (received_at);
    CREATE INDEX IF NOT EXISTS predictions_resolvable_at ON predictions (resolvable_at);
    CREATE INDEX IF NOT EXISTS predictions_performed_at ON predictions (performed_at);
    CREATE INDEX scores_period_start ON scores (period_start);
    CREATE INDEX IF NOT EXISTS checkpoints_created_at ON checkpoints (created_at);
    CREATE INDEX IF NOT EXISTS checkpoints_period_end ON checkpoints (period_end);
    CREATE UNIQUE INDEX snapshots_once ON snapshots (model_id, period_start)
      WHERE provisional OR sealed_at IS NOT NULL;
    CREATE INDEX snapshots_provisional ON snapshots (period_start) WHERE provisional;
    CREATE INDEX IF NOT EXISTS snapshots_period_end ON snapshots (period_end);
    CREATE INDEX IF NOT EXISTS snapshots_created_at ON snapshots (created_at);
    CREATE INDEX snapshots_unclaimed ON snapshots (period_end) WHERE checkpoint_id IS NULL;
    CREATE INDEX IF NOT EXISTS leaderboards_created_at ON leaderboards (created_at);
    CREATE UNIQUE INDEX IF NOT EXISTS feed_records_key ON feed_records (source, subject, kind, granularity, ts_event);
    CREATE INDEX IF NOT EXISTS feed_records_ts_event ON feed_records (ts_event);
    CREATE UNIQUE INDEX IF NOT EXISTS feed_ingestion_state_key
      ON feed_ingestion_state (source, subject, kind, granularity);

    CREATE FUNCTION is_closed_candle(meta jsonb, ingested timestamptz, ends timestamptz) RETURNS boolean
      LANGUAGE sql IMMUTABLE
      RETURN CASE jsonb_typeof(meta -> 'closed')
        WHEN 'boolean' THEN (meta -> 'closed')::boolean ELSE ingested >= ends END;
    """

  /// Settles what the original left open, once all steps are applied.
  static let settle = """
    UPDATE predictions
      SET failed_reason = coalesce(nullif(inference_output_jsonb ->> '_validation_error', ''), 'the reason was not kept')
      WHERE status = 'FAILED' AND coalesce(failed_reason, '') = '';

    -- The original stores a score before it says so on the prediction, and may have ended in between.
    UPDATE predictions p SET status = 'SCORED'
      WHERE status = 'PENDING' AND EXISTS (SELECT FROM scores WHERE prediction_id = p.id);

    -- Each snapshot belongs to one checkpoint: the first whose period it ended in. The original counted one that ended on
    -- the border twice.
    UPDATE snapshots s SET checkpoint_id = (
      SELECT id FROM checkpoints c WHERE s.period_end BETWEEN c.period_start AND c.period_end ORDER BY c.period_end, c.id LIMIT 1);

    -- What was aggregated, paid or chained counts as sealed: scores that come late go into the first bucket after it, so that
    -- their cycle follows the original's last one.
    UPDATE seal_state SET first_period = known.starts, sealed_until = least(known.ends, now())
      FROM (
        SELECT min(period_start) AS starts,
          greatest(max(period_end), (SELECT max(created_at) FROM merkle_cycles WHERE isfinite(created_at))) AS ends
        FROM (SELECT period_start, period_end FROM snapshots UNION ALL SELECT period_start, period_end FROM checkpoints) p
        WHERE isfinite(period_start) AND isfinite(period_end)) known
      WHERE known.ends IS NOT NULL;
    UPDATE seal_state SET adopted_until = sealed_until,
      adopted_checkpoints_until = (SELECT max(period_end) FROM checkpoints WHERE isfinite(period_end));

    -- Last: in the transaction that wrote a row anew its keys are looked at with each change of it.
    DO $$
    DECLARE
      key text[];
    BEGIN
      FOREACH key SLICE 1 IN ARRAY ARRAY[
        ['predictions', 'input_id', 'inputs'], ['predictions', 'model_id', 'models'],
        ['scores', 'prediction_id', 'predictions'], ['snapshots', 'model_id', 'models']]
      LOOP
        CONTINUE WHEN EXISTS (
          SELECT FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
          WHERE c.contype = 'f' AND c.conrelid = format('public.%I', key[1])::regclass AND a.attname = key[2]);
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES %I (id) NOT VALID',
          key[1], key[1] || '_' || key[2] || '_fkey', key[2], key[3]);
        BEGIN
          EXECUTE format('ALTER TABLE %I VALIDATE CONSTRAINT %I', key[1], key[1] || '_' || key[2] || '_fkey');
        EXCEPTION WHEN foreign_key_violation THEN
          RAISE DEBUG 'binds new rows only';
        END;
      END LOOP;
    END $$;
    """
}
