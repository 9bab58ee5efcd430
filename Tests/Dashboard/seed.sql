-- What a competition of a week has in its tables: twelve models of different skill, two feeds, one of them with a gap and one
-- that stopped, snapshots every ten minutes, predictions of an hour with scores and failures, checkpoints, dead letters.
SELECT setseed(0.42);

INSERT INTO models (id, name, deployment_identifier, player_id, player_name)
SELECT 'model-' || i, (ARRAY['momentum', 'mean reversion', 'breakout', 'carry', 'sentiment <b>', 'order flow', 'seasonal', 'kalman',
    'random forest', 'transformer', 'coin flip', 'contrarian'])[i], 'deploy-' || i, 'player-' || i,
  (ARRAY['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald'])[1 + i % 6]
FROM generate_series(1, 12) i;

INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
SELECT 'BTC' || i, 'binance', 'BTCUSDT', 'candle', '1m', date_trunc('minute', now()) - (i + 1) * interval '1 minute',
  date_trunc('minute', now()) - i * interval '1 minute',
  jsonb_build_object('open', 64000 + 900 * sin(i / 90.0), 'high', 64100 + 900 * sin(i / 90.0),
    'low', 63900 + 900 * sin(i / 90.0), 'close', round((64000 + 900 * sin(i / 90.0) + 60 * random())::numeric, 2),
    'volume', round((10 * random())::numeric, 3)), '{"closed": true}'
FROM generate_series(0, 1439) i WHERE i NOT BETWEEN 300 AND 316;
INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb)
SELECT 'ETH' || i, 'pyth', 'ETH/USD', 'tick', '1s', now() - interval '3 hours' - i * interval '1 second',
  now() - interval '3 hours' - i * interval '1 second', jsonb_build_object('price', 3100 + 40 * cos(i / 50.0))
FROM generate_series(0, 600) i;
INSERT INTO feed_ingestion_state (id, source, subject, kind, granularity, last_event_ts)
SELECT source || subject, source, subject, kind, granularity, max(ts_event) FROM feed_records GROUP BY 1, 2, 3, 4, 5;

INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, sealed_at, created_at)
SELECT 'SNP_' || m || '_' || t, 'model-' || m, ends - interval '10 minutes', ends, 10,
  jsonb_build_object('value', (7 - m) * 0.00004 + 0.0009 * (random() - 0.5), 'actual_return', 0.0001,
    'direction_correct', 0.5 + (7 - m) * 0.01, 'ic', 0.06 - m * 0.008, 'model_correlation', 0.1 * (m % 7),
    'contribution', 0.01 * (6 - m)), ends, ends
FROM generate_series(1, 12) m, generate_series(0, 1007) t,
  LATERAL (SELECT date_trunc('minute', now()) - t * interval '10 minutes' AS ends) bucket;

INSERT INTO inputs (id, status, received_at) SELECT 'INP_' || i, 'RESOLVED', now() - i * interval '1 minute'
FROM generate_series(1, 60) i;
INSERT INTO predictions (id, input_id, model_id, scope_key, scope_jsonb, status, failed_reason, exec_time_ms,
  inference_output_jsonb, performed_at, resolvable_at)
SELECT 'PRE_' || m || '_' || i, 'INP_' || i, 'model-' || m, 'BTCUSDT-60', '{"subject": "BTCUSDT", "horizon_seconds": 60}',
  CASE WHEN i < 2 THEN 'PENDING' WHEN m = 11 AND i % 3 = 0 THEN 'FAILED' WHEN m = 12 AND i % 20 = 0 THEN 'ABSENT' ELSE 'SCORED' END,
  CASE WHEN m = 11 AND i % 3 = 0 AND i >= 2 THEN 'the answer came after the deadline of 6 s' END, 3 + 40 * random(),
  jsonb_build_object('value', round((random() * 2 - 1)::numeric, 4)), now() - i * interval '1 minute',
  now() - (i - 1) * interval '1 minute'
FROM generate_series(1, 12) m, generate_series(1, 60) i;
INSERT INTO scores (id, prediction_id, result_jsonb, success, failed_reason, scored_at)
SELECT 'SCR_' || id, id, jsonb_build_object('value', round(((random() - 0.48) * 0.002)::numeric, 6)), id <> 'PRE_10_5',
  CASE WHEN id = 'PRE_10_5' THEN 'ValueError: math domain error' END, resolvable_at
FROM predictions WHERE status = 'SCORED';

INSERT INTO checkpoints (id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash, submitted_at)
SELECT 'CKP_' || i, ends - interval '1 day', ends, (ARRAY['PENDING', 'SUBMITTED', 'PAID'])[i],
  jsonb_build_array(jsonb_build_object('crunch', 'key', 'cruncher_rewards', (
      SELECT jsonb_agg(jsonb_build_object('cruncher_index', n - 1, 'reward_pct',
        CASE WHEN n = 1 THEN 350000000 WHEN n <= 5 THEN 100000000 ELSE 35714285 + (n = 12)::int * 5 END) ORDER BY n)
      FROM generate_series(1, 12) n),
    'compute_provider_rewards', '[]'::jsonb,
    'data_provider_rewards', '[{"provider": "7mNpWallet", "reward_pct": 20000000}]'::jsonb)),
  jsonb_build_object('model_count', 12, 'snapshot_count', 1728, 'ranking', (
    SELECT jsonb_agg(jsonb_build_object('model_id', id, 'model_name', name, 'cruncher_name', player_name, 'rank',
      substr(id, 7)::int) ORDER BY substr(id, 7)::int) FROM models)),
  ends + interval '1 minute', CASE WHEN i > 1 THEN '5xTransaction' || i END, CASE WHEN i > 1 THEN ends END
FROM generate_series(1, 3) i, LATERAL (SELECT date_trunc('day', now()) - (i - 1) * interval '1 day' AS ends) day;

INSERT INTO dead_letters (stream, entry_id, kind, cause, payload_jsonb, deliveries, worker)
VALUES ('predictions.pending', '1771000000000-0', 'score.task', 'scoring raised 8 times: division by zero',
    '{"input_id": "INP_6", "scope_key": "BTCUSDT-60"}', 8, 'score-worker@host-1'),
  ('scores.ready', '1771000000001-0', 'scores.ready', 'the entry is damaged: no field input_id', '{"x": "y"}', 1, 'score-worker@host-1');
