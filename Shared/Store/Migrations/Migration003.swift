extension Migration {
  /// What makes the work on the streams explainable: who scored what by which entry, what is paused, one letter an entry. And
  /// the chain of evidence over what was sealed.
  static let work = Migration(
    version: 3, name: "work",
    script: [workDone, workAskedFor, feedQuality, feedPartitions].joined(separator: "\n\n"))

  private static let workDone = """
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
    """
}
