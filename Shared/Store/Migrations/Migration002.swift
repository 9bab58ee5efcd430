extension Migration {
  /// What carries a prediction from its slot to its checkpoint exactly once.
  static let pipeline = Migration(
    version: 2, name: "pipeline",
    script: """
      -- One row per firing of a config for a subject, committed before any model is called.
      CREATE TABLE prediction_slots (
        config_id text NOT NULL,
        subject text NOT NULL,
        slot bigint NOT NULL,
        input_id text NOT NULL REFERENCES inputs (id),
        scope_key text NOT NULL,
        scope_jsonb jsonb NOT NULL,
        performed_at timestamptz NOT NULL,
        resolvable_at timestamptz NOT NULL,
        deadline_at timestamptz NOT NULL,
        model_ids text[] NOT NULL,
        answered_at timestamptz,
        PRIMARY KEY (config_id, subject, slot)
      );
      CREATE INDEX prediction_slots_unanswered ON prediction_slots (resolvable_at) WHERE answered_at IS NULL;

      -- What was true of an input for one scope key. Never changed once written.
      CREATE TABLE ground_truths (
        input_id text NOT NULL REFERENCES inputs (id),
        scope_key text NOT NULL,
        truth_jsonb jsonb NOT NULL,
        records_digest text NOT NULL,
        resolved_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (input_id, scope_key)
      );

      -- Up to where buckets are sealed.
      CREATE TABLE seal_state (
        is_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_only_row),
        first_period timestamptz,
        sealed_until timestamptz
      );
      INSERT INTO seal_state DEFAULT VALUES;

      -- Every prediction that is due no later than this is finished.
      CREATE TABLE sweep_state (
        is_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_only_row),
        low_water timestamptz NOT NULL DEFAULT '-infinity'
      );
      INSERT INTO sweep_state DEFAULT VALUES;

      -- Whoever raises the mark holds the lock alone: it waits for no insert, and sees all that were committed.
      CREATE FUNCTION lower_sweep_mark() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        earliest timestamptz;
      BEGIN
        SELECT min(resolvable_at) INTO earliest FROM inserted WHERE status = 'PENDING';
        IF earliest IS NULL THEN RETURN NULL; END IF;
        PERFORM pg_advisory_xact_lock_shared(\(AdvisoryLock.sweep));
        UPDATE sweep_state SET low_water = earliest - interval '1 microsecond' WHERE low_water >= earliest;
        RETURN NULL;
      END $$;
      CREATE TRIGGER predictions_lower_sweep_mark AFTER INSERT ON predictions
        REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION lower_sweep_mark();

      CREATE TABLE leases (
        name text PRIMARY KEY,
        holder text NOT NULL,
        expires_at timestamptz NOT NULL
      );

      CREATE TABLE dead_letters (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        stream text NOT NULL,
        entry_id text NOT NULL,
        kind text NOT NULL,
        cause text NOT NULL,
        payload_jsonb jsonb NOT NULL,
        deliveries integer NOT NULL DEFAULT 0,
        worker text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        resolved_at timestamptz,
        resolution text
      );
      CREATE INDEX dead_letters_open ON dead_letters (created_at) WHERE resolved_at IS NULL;
      """)
}
