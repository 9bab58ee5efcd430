-- A week of a competition: so many models are asked every 60.48 s, and each answer is scored. Snapshots are of 60 s.
-- Variables: models, predictions (in all).
INSERT INTO models (id, name, player_id, player_name, deployment_identifier)
SELECT 'm' || i, 'Model ' || i, 'p' || i, 'Player ' || i, 'd' || i FROM generate_series(1, :models) i;
INSERT INTO inputs (id, received_at)
SELECT 'I' || i, now() - i * interval '604800 seconds' / (:predictions / :models)
FROM generate_series(1, :predictions / :models) i;
SET session_replication_role = replica;
INSERT INTO predictions
  (id, input_id, model_id, scope_key, scope_jsonb, status, inference_output_jsonb, performed_at, resolvable_at)
SELECT 'P' || i || '_' || m, 'I' || i, 'm' || m, 'BTC-60', '{"subject": "BTC", "resolve_horizon_seconds": 60}', 'SCORED',
  '{"value": 0.25}', t, t + interval '60 seconds'
FROM generate_series(1, :predictions / :models) i
  CROSS JOIN LATERAL (SELECT now() - i * interval '604800 seconds' / (:predictions / :models) AS t) moment
  CROSS JOIN generate_series(1, :models) m;
INSERT INTO scores (id, prediction_id, result_jsonb, success, scored_at)
SELECT 'S' || id, id, jsonb_build_object('value', round(random()::numeric, 6), 'actual_return', 0.001,
  'direction_correct', true), true, resolvable_at
FROM predictions;
INSERT INTO snapshots
  (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, created_at, sealed_at)
SELECT 'N' || i || '_' || m, 'm' || m, t - interval '60 seconds', t, 1,
  jsonb_build_object('value', round(random()::numeric, 6), 'actual_return', 0.001), t, t
FROM generate_series(1, 10080) i
  CROSS JOIN LATERAL (SELECT date_trunc('minute', now()) - i * interval '60 seconds' AS t) moment
  CROSS JOIN generate_series(1, :models) m;
SET session_replication_role = origin;
INSERT INTO leaderboards (id, created_at, entries_jsonb)
SELECT 'L', now(), jsonb_agg(jsonb_build_object('model_id', 'm' || m, 'rank', m, 'model_name', 'Model ' || m,
  'cruncher_name', 'Player ' || m, 'score', jsonb_build_object('metrics', jsonb_build_object('score_recent', 0.5,
  'score_steady', 0.4, 'score_anchor', 0.3, 'ic', 0.01), 'ranking', jsonb_build_object('key', 'score_recent',
  'value', 0.5, 'direction', 'desc'))))
FROM generate_series(1, :models) m;
INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb)
SELECT 'F' || i, 'bench', 'BTC', 'candle', '1m', now() - i * interval '1 minute', now(), '{"close": 1}'
FROM generate_series(1, 129600) i;
VACUUM ANALYZE;
