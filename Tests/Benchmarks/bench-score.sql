-- 100,000 predictions of 100 models on 1,000 inputs, one a minute, all due, with the candles that tell their truth.
\set ON_ERROR_STOP on
BEGIN;
CREATE TEMP TABLE bench ON COMMIT DROP AS
  SELECT i, date_trunc('minute', now()) - interval '1100 minutes' + i * interval '1 minute' AS at
  FROM generate_series(1, 1000) i;

INSERT INTO models (id, name, deployment_identifier, player_id, player_name, created_at, updated_at)
  SELECT m::text, 'model-' || m, 'run-' || m, 'player-' || m, 'Player ' || m, now(), now()
  FROM generate_series(1, 100) m;

INSERT INTO feed_records
    (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
  SELECT 'bench-' || i, 'bench', 'BTC', 'candle', '1m', at, at + interval '61 seconds',
    jsonb_build_object('open', p, 'high', p + 1, 'low', p - 1, 'close', p, 'volume', 1), '{"closed": true}'
  FROM (
    SELECT i, date_trunc('minute', now()) - interval '1105 minutes' + i * interval '1 minute' AS at,
      50000 + 500 * sin(i / 17.0) + 90 * cos(i / 3.0) AS p
    FROM generate_series(1, 1100) i) candles;

INSERT INTO inputs (id, raw_data_jsonb, received_at)
  SELECT 'INP_bench_' || i, '{"symbol": "BTC"}', at FROM bench;

INSERT INTO predictions
    (id, input_id, model_id, scope_key, scope_jsonb, status, exec_time_ms, inference_output_jsonb, meta_jsonb,
     performed_at, resolvable_at)
  SELECT 'PRE_' || m || '_BTC-60_' || i, 'INP_bench_' || i, m::text, 'BTC-60',
    '{"source": "bench", "subject": "BTC", "kind": "candle", "granularity": "1m", "resolve_horizon_seconds": 60}',
    'PENDING', 1, jsonb_build_object('value', sin(m * 0.37 + i)), '{}', at, at + interval '60 seconds'
  FROM bench, generate_series(1, 100) m;
COMMIT;
ANALYZE;
