extension Migration {
  /// What makes the work on the streams explainable: who scored what by which entry, what is paused, one letter an entry.
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
      """)
}
