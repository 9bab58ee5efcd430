extension Migration {
  /// What makes the work on the streams explainable: who scored what by which entry, what is paused, one letter an entry. And
  /// the chain of evidence over what was sealed.
  static let work = Migration(
    version: 3, name: "work",
    script: """
      -- One row per task that a worker committed.
      CREATE TABLE score_runs (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        input_id text NOT NULL,
        scope_key text NOT NULL,
        worker text NOT NULL,
        entry_id text NOT NULL,
        deliveries integer NOT NULL,
        predictions integer NOT NULL,
        committed_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE INDEX score_runs_task ON score_runs (input_id, scope_key);
      CREATE INDEX score_runs_entry ON score_runs (entry_id);

      -- Every contract that was ever in force, as the text of its JSON, in which the order of fields counts.
      CREATE TABLE contracts (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        digest text NOT NULL UNIQUE,
        contract_text text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE contract_periods (
        in_force_from timestamptz PRIMARY KEY,
        contract_id bigint NOT NULL REFERENCES contracts (id)
      );
      -- Without a foreign key: the check would cost each prediction and score a look at one row that never goes.
      ALTER TABLE prediction_slots ADD COLUMN contract_id bigint;
      ALTER TABLE predictions ADD COLUMN contract_id bigint;
      ALTER TABLE scores ADD COLUMN contract_id bigint;

      -- Of a database that was adopted: up to where snapshots and cycles, and checkpoints, are the original's.
      ALTER TABLE seal_state ADD COLUMN adopted_until timestamptz, ADD COLUMN adopted_checkpoints_until timestamptz;
      -- A model has one prediction of an input and scope key, and a prediction one score, in the rows that we write: those carry
      -- a contract, or the bucket that counts them. Rows of other tools carry neither, and may repeat (decisions 3 and 29): the
      -- last part of a key is then their own id, so that one index holds ours to it and finds both.
      DROP INDEX IF EXISTS predictions_once;
      CREATE UNIQUE INDEX predictions_once
        ON predictions (input_id, scope_key, model_id, (CASE WHEN contract_id IS NULL THEN id ELSE '' END));
      ALTER TABLE scores DROP CONSTRAINT IF EXISTS scores_prediction_id_key;
      CREATE UNIQUE INDEX scores_once ON scores (prediction_id, (CASE WHEN period_start IS NULL THEN id ELSE '' END));
      -- Configs come and go while their predictions stay.
      ALTER TABLE predictions DROP CONSTRAINT IF EXISTS predictions_prediction_config_id_fkey;
      -- Who clears the original's tables need not know ours.
      ALTER TABLE prediction_slots DROP CONSTRAINT prediction_slots_input_id_fkey;
      ALTER TABLE ground_truths DROP CONSTRAINT ground_truths_input_id_fkey;
      -- Rounds are looked for by the scope keys of their predictions: `{round}:{row}`, in rows of other tools any.
      CREATE INDEX predictions_round ON predictions (scope_key COLLATE "C")
        WHERE contract_id IS NULL OR scope_key LIKE '%:%';

      CREATE TABLE paused_streams (
        stream text PRIMARY KEY,
        reason text NOT NULL,
        paused_at timestamptz NOT NULL DEFAULT now()
      );

      DELETE FROM dead_letters d USING dead_letters newer
        WHERE newer.stream = d.stream AND newer.entry_id = d.entry_id AND newer.id > d.id;
      CREATE UNIQUE INDEX dead_letters_entry ON dead_letters (stream, entry_id);
      CREATE INDEX dead_letters_input ON dead_letters ((payload_jsonb ->> 'input_id'));

      ALTER TABLE prediction_slots ADD COLUMN worker text NOT NULL DEFAULT '';
      CREATE INDEX prediction_slots_input ON prediction_slots (input_id);

      -- What one model did: pages and clients ask for it. Both columns never change, so that scoring touches no index.
      CREATE INDEX predictions_model ON predictions (model_id, performed_at);

      -- Where these three are there already, an adoption has brought them into this shape.
      -- A cycle for each sealed bucket, the nodes of the tree over its snapshots, and those of each checkpoint's tree over
      -- its cycles. Without foreign keys: whether all of it fits together is what is verified.
      CREATE TABLE IF NOT EXISTS merkle_cycles (
        id text PRIMARY KEY,
        previous_cycle_id text,
        previous_cycle_root text,
        snapshots_root text NOT NULL,
        chained_root text NOT NULL,
        snapshot_count integer NOT NULL,
        -- The end of the bucket.
        created_at timestamptz NOT NULL
      );
      CREATE INDEX IF NOT EXISTS merkle_cycles_created_at ON merkle_cycles (created_at);

      CREATE TABLE IF NOT EXISTS merkle_nodes (
        id text PRIMARY KEY,
        checkpoint_id text,
        cycle_id text,
        level integer NOT NULL,
        position integer NOT NULL,
        hash text NOT NULL,
        left_child_id text,
        right_child_id text,
        snapshot_id text,
        snapshot_content_hash text,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX IF NOT EXISTS merkle_nodes_cycle ON merkle_nodes (cycle_id, level, position) WHERE cycle_id IS NOT NULL;
      CREATE INDEX IF NOT EXISTS merkle_nodes_checkpoint ON merkle_nodes (checkpoint_id, level, position)
        WHERE checkpoint_id IS NOT NULL;
      CREATE INDEX snapshots_checkpoint ON snapshots (checkpoint_id) WHERE checkpoint_id IS NOT NULL;
      CREATE INDEX snapshots_model ON snapshots (model_id, period_end);
      CREATE INDEX IF NOT EXISTS merkle_nodes_snapshot ON merkle_nodes (snapshot_id) WHERE snapshot_id IS NOT NULL;
      CREATE INDEX IF NOT EXISTS merkle_nodes_chained_root ON merkle_nodes (hash) WHERE checkpoint_id IS NOT NULL AND level = 0;

      -- What somebody asked for, who it was and what became of it: the work of other processes, and the record of changes
      -- that were made at once. A key that a client gave makes a request that comes twice have one effect.
      CREATE TABLE commands (
        id text PRIMARY KEY,
        kind text NOT NULL,
        target text NOT NULL,
        payload_jsonb jsonb NOT NULL,
        actor text NOT NULL,
        state text NOT NULL DEFAULT 'pending',
        result_jsonb jsonb,
        idempotency_key text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        finished_at timestamptz
      );
      CREATE UNIQUE INDEX commands_once ON commands (kind, target, idempotency_key) WHERE idempotency_key IS NOT NULL;
      CREATE INDEX commands_open ON commands (kind, created_at) WHERE state IN ('pending', 'running');
      CREATE INDEX commands_target ON commands (kind, target, created_at);

      -- Rounds of a tournament: features that models are asked about once, and scored on when somebody posts the truth. Until
      -- then their predictions have no resolvable_at, so that neither sweeps nor seals see them.
      CREATE TABLE tournament_rounds (
        id text PRIMARY KEY,
        state text NOT NULL DEFAULT 'open',
        opened_by text NOT NULL,
        opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        answer_seconds double precision NOT NULL,
        truth_seconds double precision NOT NULL,
        -- The command that brought the features, and the one that brought the truth.
        inference_id text,
        truth_id text,
        input_id text,
        feature_count integer NOT NULL DEFAULT 0,
        model_ids text[] NOT NULL DEFAULT '{}',
        contract_id bigint,
        worker text NOT NULL DEFAULT '',
        asked_at timestamptz,
        -- Until when answers count, and until when the truth may come.
        deadline_at timestamptz,
        truth_until timestamptz,
        answered_at timestamptz,
        truth_at timestamptz,
        -- Of how many rows, from the first on, the predictions are due by the truth.
        due_rows integer NOT NULL DEFAULT 0,
        scored_at timestamptz,
        closed_at timestamptz,
        closed_reason text
      );
      CREATE UNIQUE INDEX tournament_rounds_input ON tournament_rounds (input_id);
      CREATE INDEX tournament_rounds_opened_at ON tournament_rounds (opened_at);
      CREATE INDEX tournament_rounds_waiting ON tournament_rounds (truth_until) WHERE state IN ('asking', 'answered');

      -- Histories that are fetched on request, as in the original.
      CREATE TABLE IF NOT EXISTS backfill_jobs (
        id text PRIMARY KEY,
        source text NOT NULL,
        subject text NOT NULL,
        kind text NOT NULL,
        granularity text NOT NULL,
        start_ts timestamptz NOT NULL,
        end_ts timestamptz NOT NULL,
        cursor_ts timestamptz,
        records_written integer NOT NULL DEFAULT 0,
        pages_fetched integer NOT NULL DEFAULT 0,
        status text NOT NULL DEFAULT 'pending',
        error text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      -- Where to: files, as the original's route does, or the table of feed records.
      ALTER TABLE backfill_jobs ADD COLUMN destination text NOT NULL DEFAULT 'parquet';
      -- Of a command for a backfill a job is made, with its target as id: who asks may insert commands, and nothing else.
      CREATE FUNCTION make_backfill_job() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
        AS $$
      DECLARE
        starts timestamptz := new.payload_jsonb ->> 'start';
        ends timestamptz := new.payload_jsonb ->> 'end';
      BEGIN
        INSERT INTO backfill_jobs (id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, status, destination)
          VALUES (new.target, new.payload_jsonb ->> 'source', new.payload_jsonb ->> 'subject', new.payload_jsonb ->> 'kind',
            new.payload_jsonb ->> 'granularity', starts, ends, starts,
            CASE WHEN ends <= starts THEN 'completed' ELSE 'pending' END, new.payload_jsonb ->> 'destination');
        RETURN new;
      END $$;
      CREATE TRIGGER commands_make_backfill_job BEFORE INSERT ON commands
        FOR EACH ROW WHEN (new.kind = 'backfill') EXECUTE FUNCTION make_backfill_job();
      CREATE INDEX IF NOT EXISTS backfill_jobs_created_at ON backfill_jobs (created_at);
      CREATE INDEX IF NOT EXISTS backfill_jobs_open ON backfill_jobs (status) WHERE status IN ('pending', 'running');

      -- Candles that are missing between two that are there, and spans in which ticks may be. `absent`: the provider was asked
      -- often enough and has none.
      CREATE TABLE feed_gaps (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source text NOT NULL,
        subject text NOT NULL,
        kind text NOT NULL,
        granularity text NOT NULL,
        -- The first that is missing, and the next that is there; of ticks the first and last moment of which some may be.
        from_ts timestamptz NOT NULL,
        to_ts timestamptz NOT NULL,
        -- How many candles; of ticks nobody knows: 0.
        missing integer NOT NULL,
        state text NOT NULL DEFAULT 'open',
        looks integer NOT NULL DEFAULT 0,
        next_look_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        reason text,
        found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        repaired_at timestamptz
      );
      CREATE UNIQUE INDEX feed_gaps_key ON feed_gaps (source, subject, kind, granularity, from_ts) WHERE kind = 'candle';
      CREATE INDEX feed_gaps_open ON feed_gaps (source, subject, kind, granularity, from_ts) WHERE state = 'open';
      CREATE INDEX feed_gaps_found_at ON feed_gaps (found_at);

      -- What was odd about records: outlier, clock_skew, late, revised.
      CREATE TABLE feed_findings (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source text NOT NULL,
        subject text NOT NULL,
        kind text NOT NULL,
        granularity text NOT NULL,
        finding text NOT NULL,
        ts_event timestamptz NOT NULL,
        detail_jsonb jsonb NOT NULL DEFAULT '{}',
        found_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE UNIQUE INDEX feed_findings_key ON feed_findings (source, subject, kind, granularity, finding, ts_event);
      CREATE INDEX feed_findings_found_at ON feed_findings (found_at);

      -- Records by spans of their time: what is read together lies together, and what is old goes with a whole table. What fits
      -- no span lies in the default one. A table of before stays where it is and becomes the first span.
      ALTER TABLE feed_records RENAME TO feed_records_before;
      ALTER TABLE feed_records_before DROP CONSTRAINT feed_records_pkey;
      ALTER INDEX feed_records_key RENAME TO feed_records_before_key;
      ALTER INDEX feed_records_ts_event RENAME TO feed_records_before_ts_event;
      CREATE TABLE feed_records (LIKE feed_records_before INCLUDING DEFAULTS) PARTITION BY RANGE (ts_event);
      ALTER TABLE feed_records ADD PRIMARY KEY (id, ts_event);
      CREATE UNIQUE INDEX feed_records_key ON feed_records (source, subject, kind, granularity, ts_event);
      CREATE INDEX feed_records_ts_event ON feed_records (ts_event);
      CREATE TABLE feed_records_default PARTITION OF feed_records DEFAULT;

      -- The spans, by their bounds; the default one has none.
      CREATE FUNCTION feed_partitions() RETURNS TABLE (partition regclass, starts timestamptz, ends timestamptz)
        LANGUAGE sql STABLE SET search_path = public, pg_temp SET TimeZone = 'UTC'
        AS $$
          SELECT part.oid::regclass,
            CASE WHEN bounds LIKE 'FOR VALUES FROM (MINVALUE)%' THEN timestamptz '-infinity'
              ELSE substring(bounds FROM 'FROM [(]''([^'']+)''[)]')::timestamptz END,
            substring(bounds FROM 'TO [(]''([^'']+)''[)]')::timestamptz
          FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid,
            LATERAL (SELECT pg_get_expr(part.relpartbound, part.oid) AS bounds) b
          WHERE inhparent = 'feed_records'::regclass AND bounds <> 'DEFAULT'
        $$;

      -- Makes the spans that hold these times, `days` long and four weeks long where the past is older than a year, and brings
      -- into them what lay in the default one. Answers how many it made. Those who may store records may do this.
      CREATE FUNCTION make_feed_partitions(times timestamptz[], days integer) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET TimeZone = 'UTC' SET lock_timeout = '5s'
        AS $$
      DECLARE
        moment timestamptz;
        width interval;
        lower_end timestamptz;
        upper_end timestamptz;
        name text;
        made integer := 0;
      BEGIN
        PERFORM pg_advisory_xact_lock(\(AdvisoryLock.feedPartitions));
        FOR moment IN SELECT DISTINCT time FROM unnest(times) AS time
          WHERE time >= '2000-01-01' AND time < now() + interval '60 days' ORDER BY 1
        LOOP
          CONTINUE WHEN EXISTS (SELECT FROM feed_partitions() WHERE starts <= moment AND moment < ends);
          width := make_interval(
            hours => 24 * CASE WHEN moment < now() - interval '364 days' THEN 28 ELSE greatest(1, least(days, 28)) END);
          -- Spans start on Mondays, or where the one before ends, and end where the next one begins.
          lower_end := date_bin(width, moment, '2001-01-01');
          SELECT greatest(lower_end, max(ends) FILTER (WHERE ends <= moment)),
              least(lower_end + width, min(starts) FILTER (WHERE starts > moment))
            INTO lower_end, upper_end FROM feed_partitions();
          -- Nobody may wait for a row of it and hold it at the same time.
          LOCK TABLE feed_records_default IN ACCESS EXCLUSIVE MODE;
          name := 'feed_records_' || to_char(lower_end, 'YYYYMMDD');
          EXECUTE format('CREATE TABLE %I (LIKE feed_records INCLUDING DEFAULTS)', name);
          EXECUTE format(
            'WITH moved AS (DELETE FROM feed_records_default WHERE ts_event >= %L AND ts_event < %L RETURNING *)
             INSERT INTO %I SELECT * FROM moved', lower_end, upper_end, name);
          EXECUTE format('ALTER TABLE feed_records ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, lower_end,
            upper_end);
          made := made + 1;
        END LOOP;
        RETURN made;
      END $$;

      -- Drops the spans that ended before a time, and answers how many they were.
      CREATE FUNCTION drop_feed_partitions(before timestamptz) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s'
        AS $$
      DECLARE
        old regclass;
        dropped integer := 0;
      BEGIN
        PERFORM pg_advisory_xact_lock(\(AdvisoryLock.feedPartitions));
        FOR old IN SELECT partition FROM feed_partitions() WHERE ends <= before ORDER BY ends LOOP
          EXECUTE format('DROP TABLE %s', old);
          dropped := dropped + 1;
        END LOOP;
        RETURN dropped;
      END $$;

      -- Deletes up to `most` records older than a time, the oldest first, where they make up more of a span than `slack`:
      -- the others go with their span.
      CREATE FUNCTION delete_feed_records(before timestamptz, slack interval, most integer) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
        AS $$
      DECLARE
        part regclass;
        gone integer;
        deleted integer := 0;
      BEGIN
        FOR part IN
          SELECT 'feed_records_default'::regclass
          UNION ALL (SELECT partition FROM feed_partitions() WHERE starts < before - slack ORDER BY starts)
        LOOP
          EXECUTE format(
            'DELETE FROM %s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %s WHERE ts_event < $1 ORDER BY ts_event LIMIT $2))',
            part, part) USING before, most - deleted;
          GET DIAGNOSTICS gone = ROW_COUNT;
          deleted := deleted + gone;
          EXIT WHEN deleted >= most;
        END LOOP;
        RETURN deleted;
      END $$;
      REVOKE EXECUTE ON FUNCTION make_feed_partitions(timestamptz[], integer), drop_feed_partitions(timestamptz),
        delete_feed_records(timestamptz, interval, integer) FROM PUBLIC;

      -- What was stored before: up to the end of its week a span of its own, what is later in the default one.
      DO $$
      DECLARE
        upper_end timestamptz := date_bin('168 hours', now(), '2001-01-01 00:00:00+00') + interval '168 hours';
      BEGIN
        IF NOT EXISTS (SELECT FROM feed_records_before) THEN
          DROP TABLE feed_records_before;
          RETURN;
        END IF;
        WITH later AS (DELETE FROM feed_records_before WHERE ts_event >= upper_end RETURNING *)
          INSERT INTO feed_records SELECT * FROM later;
        ALTER TABLE feed_records_before ADD PRIMARY KEY (id, ts_event);
        EXECUTE format(
          'ALTER TABLE feed_records ATTACH PARTITION feed_records_before FOR VALUES FROM (MINVALUE) TO (%L)', upper_end);
      END $$;
      """)
}
