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

      -- A cycle for each sealed bucket, the nodes of the tree over its snapshots, and those of each checkpoint's tree over
      -- its cycles. Without foreign keys: whether all of it fits together is what is verified.
      CREATE TABLE merkle_cycles (
        id text PRIMARY KEY,
        previous_cycle_id text,
        previous_cycle_root text,
        snapshots_root text NOT NULL,
        chained_root text NOT NULL,
        snapshot_count integer NOT NULL,
        -- The end of the bucket.
        created_at timestamptz NOT NULL
      );
      CREATE INDEX merkle_cycles_created_at ON merkle_cycles (created_at);

      CREATE TABLE merkle_nodes (
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
      CREATE INDEX merkle_nodes_cycle ON merkle_nodes (cycle_id, level, position) WHERE cycle_id IS NOT NULL;
      CREATE INDEX merkle_nodes_checkpoint ON merkle_nodes (checkpoint_id, level, position)
        WHERE checkpoint_id IS NOT NULL;
      CREATE INDEX snapshots_checkpoint ON snapshots (checkpoint_id) WHERE checkpoint_id IS NOT NULL;
      CREATE INDEX snapshots_model ON snapshots (model_id, period_end);
      CREATE INDEX merkle_nodes_snapshot ON merkle_nodes (snapshot_id) WHERE snapshot_id IS NOT NULL;
      CREATE INDEX merkle_nodes_chained_root ON merkle_nodes (hash) WHERE checkpoint_id IS NOT NULL AND level = 0;

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

      -- Histories that are fetched on request, as in the original.
      CREATE TABLE backfill_jobs (
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
      CREATE INDEX backfill_jobs_created_at ON backfill_jobs (created_at);
      CREATE INDEX backfill_jobs_open ON backfill_jobs (status) WHERE status IN ('pending', 'running');

      -- Candles that are missing between two that are there. `absent`: the provider was asked often enough and has none.
      CREATE TABLE feed_gaps (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source text NOT NULL,
        subject text NOT NULL,
        kind text NOT NULL,
        granularity text NOT NULL,
        -- The first that is missing, and the next that is there.
        from_ts timestamptz NOT NULL,
        to_ts timestamptz NOT NULL,
        missing integer NOT NULL,
        state text NOT NULL DEFAULT 'open',
        looks integer NOT NULL DEFAULT 0,
        next_look_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        reason text,
        found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        repaired_at timestamptz
      );
      CREATE UNIQUE INDEX feed_gaps_key ON feed_gaps (source, subject, kind, granularity, from_ts);
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
      """)
}
