-- One role per service with just its rights: `coordinator db roles`, as the owner of the schema, after each migration. Doing it
-- again changes nothing.
BEGIN;

DO $$
DECLARE
  service text;
BEGIN
  FOREACH service IN ARRAY ARRAY['feed-data-worker', 'predict-worker', 'score-worker', 'checkpoint-worker', 'report-worker']
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', service);
    END IF;
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I', service);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', service);
    EXECUTE format('GRANT SELECT ON schema_migrations TO %I', service);
  END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

GRANT SELECT, INSERT, UPDATE, DELETE ON feed_records TO "feed-data-worker";
GRANT SELECT, INSERT, UPDATE ON feed_ingestion_state TO "feed-data-worker";
-- It makes and drops the spans of feed_records by these alone, which act with the owner's rights.
GRANT EXECUTE ON FUNCTION make_feed_partitions(timestamptz[], integer), drop_feed_partitions(timestamptz),
  delete_feed_records(timestamptz, interval, integer) TO "feed-data-worker";
GRANT SELECT, INSERT, UPDATE, DELETE ON leases TO "feed-data-worker";
-- Histories are fetched for those who ask for them.
GRANT SELECT, UPDATE ON backfill_jobs, commands TO "feed-data-worker";
GRANT SELECT, INSERT, UPDATE, DELETE ON feed_gaps, feed_findings TO "feed-data-worker";

-- The trigger of predictions lowers the mark of the sweep with the rights of whoever inserts.
GRANT SELECT ON feed_records, feed_ingestion_state, scheduled_prediction_configs, paused_streams TO "predict-worker";
GRANT SELECT, INSERT ON inputs, predictions TO "predict-worker";
GRANT SELECT, INSERT, UPDATE ON models, prediction_slots, dead_letters TO "predict-worker";
GRANT SELECT, UPDATE ON sweep_state TO "predict-worker";
GRANT SELECT, INSERT ON contracts, contract_periods TO "predict-worker";
-- Rounds are opened and asked about for those who ask for it by the API.
GRANT SELECT, INSERT, UPDATE ON tournament_rounds TO "predict-worker";
GRANT SELECT, UPDATE ON commands TO "predict-worker";
GRANT SELECT, INSERT, UPDATE, DELETE ON leases TO "predict-worker";

GRANT SELECT ON feed_records, feed_ingestion_state, feed_gaps, scheduled_prediction_configs, prediction_slots, paused_streams,
  score_runs, contract_periods TO "score-worker";
GRANT SELECT, UPDATE ON inputs, predictions, seal_state, sweep_state TO "score-worker";
GRANT INSERT ON score_runs TO "score-worker";
-- Dead letters are replayed for those who ask for it on a page: scores that failed go. Truths of rounds come the same way.
GRANT SELECT, UPDATE ON commands, tournament_rounds TO "score-worker";
GRANT DELETE ON scores TO "score-worker";
-- Ensembles have virtual models and predictions, which come with the seal.
GRANT INSERT ON predictions TO "score-worker";
GRANT SELECT, INSERT ON contracts TO "score-worker";
GRANT SELECT, INSERT, UPDATE ON models TO "score-worker";
GRANT SELECT, INSERT ON ground_truths, merkle_cycles, merkle_nodes TO "score-worker";
GRANT SELECT, INSERT, UPDATE ON scores, leaderboards, dead_letters TO "score-worker";
GRANT SELECT, INSERT, UPDATE, DELETE ON snapshots, leases TO "score-worker";

GRANT SELECT ON models, snapshots, seal_state, merkle_cycles TO "checkpoint-worker";
GRANT INSERT ON merkle_nodes TO "checkpoint-worker";
GRANT SELECT, INSERT ON contracts TO "checkpoint-worker";
GRANT UPDATE (checkpoint_id) ON snapshots TO "checkpoint-worker";
GRANT SELECT, INSERT ON checkpoints TO "checkpoint-worker";

GRANT SELECT ON models, scheduled_prediction_configs, inputs, predictions, scores, snapshots, leaderboards, checkpoints,
  feed_records, feed_ingestion_state, feed_gaps, feed_findings, seal_state, merkle_cycles, merkle_nodes, contracts,
  contract_periods TO "report-worker";
-- What pages tell of an id: the same as coordinator explain.
GRANT SELECT ON prediction_slots, ground_truths, score_runs, dead_letters, paused_streams, leases, sweep_state,
  tournament_rounds TO "report-worker";
-- What it asks for are commands, of which the database makes jobs.
GRANT SELECT ON backfill_jobs TO "report-worker";
GRANT SELECT, INSERT ON commands TO "report-worker";
GRANT UPDATE (status, tx_hash, submitted_at) ON checkpoints TO "report-worker";

COMMIT;
