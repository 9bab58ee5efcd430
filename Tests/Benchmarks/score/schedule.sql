-- Predictions that become due one task after the other from 3 s from now on; their truth is known by then.
SET session_replication_role = replica;
BEGIN;
CREATE TEMP TABLE schedule ON COMMIT DROP AS
  SELECT i, date_trunc('second', now()) + interval '3 seconds' + (i * 1.0 / :per_second) * interval '1 second' AS due,
    'INP_scheduled_' || i AS input_id
  FROM generate_series(0, :count - 1) i;

INSERT INTO feed_records
    (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
  SELECT 'scheduled-' || s, 'bench', 'BTC', 'candle', '1s', date_trunc('second', now()) + s * interval '1 second', now(),
    jsonb_build_object('open', p, 'high', p, 'low', p, 'close', p, 'volume', 1), '{"closed": true}'
  FROM (SELECT s, 50000 + 90 * sin(s) AS p FROM generate_series(-70, 3 + :count / :per_second + 2) s) candles;

INSERT INTO inputs (id, raw_data_jsonb, received_at) SELECT input_id, '{"symbol": "BTC"}', due FROM schedule;

INSERT INTO predictions
    (id, input_id, model_id, scope_key, scope_jsonb, status, exec_time_ms, inference_output_jsonb, meta_jsonb,
     performed_at, resolvable_at)
  SELECT 'PRE_' || m || '_BTC-60_' || input_id, input_id, m::text, 'BTC-60',
    '{"source": "bench", "subject": "BTC", "kind": "candle", "granularity": "1s", "resolve_horizon_seconds": 60}',
    'PENDING', 1, jsonb_build_object('value', sin(m * 0.37 + i)), '{"scheduled": true}', due - interval '60 seconds', due
  FROM schedule, generate_series(1, :models) m;
COMMIT;
