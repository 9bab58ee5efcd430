-- A small competition with something behind every route.
INSERT INTO models (id, name, player_id, player_name, deployment_identifier) VALUES
  ('a', 'Alpha', 'p1', 'Ada', 'run-a'), ('b', 'Beta', 'p2', 'Bob', 'run-b'), ('__ensemble_main__', 'main', '', 'node', '');
INSERT INTO inputs (id) SELECT 'I' || i FROM generate_series(1, 50) i;
INSERT INTO predictions
  (id, input_id, model_id, scope_key, scope_jsonb, status, inference_output_jsonb, meta_jsonb, performed_at, resolvable_at)
SELECT 'P' || m || i, 'I' || i, m, 'BTC-60', '{"subject": "BTC", "resolve_horizon_seconds": 60}', 'SCORED', '{"value": 0.5}',
  '{"weights": {"a": 1.0}, "timing": {"feed_received_us": 1, "persistence_completed_us": 9}}',
  now() - i * interval '1 hour', now() - i * interval '1 hour' + interval '60 seconds'
FROM generate_series(1, 50) i CROSS JOIN (VALUES ('a'), ('b'), ('__ensemble_main__')) models (m);
INSERT INTO scores (id, prediction_id, result_jsonb, success, failed_reason)
SELECT 'S' || id, id, '{"value": 0.25}', id NOT LIKE '%7', CASE WHEN id LIKE '%7' THEN 'raised' END FROM predictions;
INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, created_at)
SELECT 'N' || m || i, m, now() - (i + 1) * interval '1 hour', now() - i * interval '1 hour', 1,
  '{"value": 0.25, "ic": 0.1, "model_correlation": 0.5}', now() - i * interval '1 hour'
FROM generate_series(1, 50) i CROSS JOIN (VALUES ('a'), ('b'), ('__ensemble_main__')) models (m);
INSERT INTO leaderboards (id, entries_jsonb) VALUES ('L', '[{"model_id": "a", "rank": 1, "model_name": "Alpha",
  "cruncher_name": "Ada", "score": {"metrics": {"score_recent": 0.25}, "ranking": {"key": "score_recent", "value": 0.25,
  "direction": "desc"}}}, {"model_id": "b", "rank": 2, "score": null}]');
INSERT INTO checkpoints (id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at)
SELECT 'CKP_' || i, now() - (i + 1) * interval '1 day', now() - i * interval '1 day', 'PENDING',
  '[{"crunch": "its-key", "cruncher_rewards": [{"cruncher_index": 0, "reward_pct": 650000000},
    {"cruncher_index": 1, "reward_pct": 350000000}], "compute_provider_rewards": [], "data_provider_rewards": []}]',
  '{"snapshot_count": 2, "model_count": 2, "ranking": [{"model_id": "a", "rank": 1, "result_summary": {"value": 0.25}},
    {"model_id": "b", "rank": 2}]}', now() - i * interval '1 day'
FROM generate_series(0, 30) i;
INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event, values_jsonb)
SELECT 'F' || i, 'binance', 'BTCUSDT', 'candle', '1m', now() - i * interval '1 minute', '{"close": 1}'
FROM generate_series(1, 300) i;
INSERT INTO merkle_cycles (id, snapshots_root, chained_root, snapshot_count, created_at) VALUES ('CYC_1', 'r', 'r', 1, now());
INSERT INTO merkle_nodes (id, cycle_id, level, position, hash, snapshot_id) VALUES ('MRK_1', 'CYC_1', 0, 0, 'r', 'Na1');
INSERT INTO backfill_jobs (id, source, subject, kind, granularity, start_ts, end_ts, status)
VALUES ('job', 'binance', 'BTCUSDT', 'candle', '1m', now() - interval '1 day', now(), 'completed');
