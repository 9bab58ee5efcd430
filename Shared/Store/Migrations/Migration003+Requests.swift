extension Migration {
  /// Of step 3: what somebody asks for, which are commands, rounds of a tournament and histories.
  static let workAskedFor = """
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
    """
}
