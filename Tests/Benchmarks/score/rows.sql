-- Rows for the scoring benchmarks: `history` scores that are sealed long ago, and `tasks` inputs of one prediction of each
-- of `models` models that are due, one input a minute, with the candles that tell their truth.
-- Triggers rest while rows are made: the rows keep to the foreign keys by themselves.
SET session_replication_role = replica;
SET synchronous_commit = off;
BEGIN;
INSERT INTO models (id, name, deployment_identifier, player_id, player_name, created_at, updated_at)
  SELECT m::text, 'model-' || m, 'run-' || m, 'player-' || m, 'Player ' || m, now(), now()
  FROM generate_series(1, :models) m;

-- Input 1 is the first of those that are due; those of the history have numbers below.
CREATE TEMP TABLE bench ON COMMIT DROP AS
  SELECT i, date_trunc('minute', now()) - interval '10 minutes' + (i - :tasks) * interval '1 minute' AS at
  FROM generate_series(1 - ceil(:history / :models::float)::integer, :tasks) i;
ALTER TABLE bench ADD COLUMN input_id text, ADD COLUMN stamp text;
UPDATE bench SET stamp = to_char(at AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS.MS');
UPDATE bench SET input_id = 'INP_' || stamp;

INSERT INTO feed_records
    (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
  SELECT 'bench-' || i, 'bench', 'BTC', 'candle', '1m', at, at + interval '61 seconds',
    jsonb_build_object('open', p, 'high', p + 1, 'low', p - 1, 'close', p, 'volume', 1), '{"closed": true}'
  FROM (
    SELECT i, date_trunc('minute', now()) - interval '10 minutes' + (i - :tasks) * interval '1 minute' AS at,
      50000 + 500 * sin(i / 17.0) + 90 * cos(i / 3.0) AS p
    FROM generate_series(-9, :tasks + 5) i) candles;

INSERT INTO inputs (id, raw_data_jsonb, received_at, status)
  SELECT input_id, '{"symbol": "BTC"}', at, CASE WHEN i < 1 THEN 'RESOLVED' ELSE 'RECEIVED' END FROM bench;

INSERT INTO predictions
    (id, input_id, model_id, scope_key, scope_jsonb, status, exec_time_ms, inference_output_jsonb, meta_jsonb,
     performed_at, resolvable_at)
  SELECT 'PRE_' || m || '_BTC-60_' || stamp, input_id, m::text, 'BTC-60',
    '{"source": "bench", "subject": "BTC", "kind": "candle", "granularity": "1m", "resolve_horizon_seconds": 60}',
    CASE WHEN i < 1 THEN 'SCORED' ELSE 'PENDING' END, 1, jsonb_build_object('value', sin(m * 0.37 + i)), '{}', at,
    at + interval '60 seconds'
  FROM bench, generate_series(1, :models) m ORDER BY i, m;

INSERT INTO scores (id, prediction_id, result_jsonb, success, scored_at, period_start)
  SELECT 'SCR_' || id, id, jsonb_build_object('value', sin(random()) / 1000, 'success', true, 'failed_reason', null,
      'actual_return', 0.001, 'direction_correct', true), true, resolvable_at + interval '1 second', resolvable_at
  FROM predictions WHERE status = 'SCORED';

INSERT INTO ground_truths (input_id, scope_key, truth_jsonb, records_digest, resolved_at)
  SELECT input_id, 'BTC-60', '{"symbol": "BTC", "profit": 0.001, "return": 0.001, "direction_up": true}',
    repeat('a', 64), at + interval '60 seconds'
  FROM bench WHERE i < 1;

INSERT INTO score_runs (input_id, scope_key, worker, entry_id, deliveries, predictions, committed_at)
  SELECT input_id, 'BTC-60', 'score-worker-history', '1700000000000-0', 1, :models, at + interval '61 seconds'
  FROM bench WHERE i < 1;

UPDATE seal_state SET first_period = (SELECT min(at) FROM bench),
  sealed_until = (SELECT at + interval '120 seconds' FROM bench WHERE i = 0)
WHERE :history > 0;
UPDATE sweep_state SET low_water = (SELECT at + interval '119 seconds' FROM bench WHERE i = 0) WHERE :history > 0;
COMMIT;
VACUUM ANALYZE;
CHECKPOINT;
