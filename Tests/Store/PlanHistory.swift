/// What plans are looked at over.
enum PlanHistory {
  /// 20,000 inputs, 2,000 of them with 50 predictions each, the first 1,500 of these scored, and 50 scored hours before; 50,000 feed records; 50,000
  /// snapshots.
  static let script = """
    INSERT INTO models (id, name) SELECT 'M' || m, 'model' FROM generate_series(1, 50) m;
    INSERT INTO inputs (id, raw_data_jsonb, received_at)
      SELECT 'I' || i, '{}', to_timestamp(1700000000 + 60 * i) FROM generate_series(1, 20000) i;
    INSERT INTO predictions (id, input_id, model_id, scope_key, scope_jsonb, status, inference_output_jsonb,
        performed_at, resolvable_at)
      SELECT 'P' || i || '_' || m, 'I' || i, 'M' || m, 'S', '{"subject": "S1"}',
        CASE WHEN i <= 1500 THEN 'SCORED' ELSE 'PENDING' END, '{"value": 1}',
        to_timestamp(1700000000 + 60 * i), to_timestamp(1700000000 + 60 * i)
      FROM generate_series(1, 2000) i, generate_series(1, 50) m;
    INSERT INTO predictions (id, input_id, model_id, scope_key, scope_jsonb, status, inference_output_jsonb,
        performed_at, resolvable_at)
      SELECT 'EARLY_' || m, 'I20000', 'M' || m, 'S', '{"subject": "S1"}', 'SCORED', '{"value": 1}',
        to_timestamp(1699992000), to_timestamp(1700000060)
      FROM generate_series(1, 50) m;
    UPDATE sweep_state SET low_water = to_timestamp(1700000000 + 60 * 1500);
    INSERT INTO scores (id, prediction_id, result_jsonb, period_start)
      SELECT 'SCR_' || id, id, '{"value": 1}', date_bin('60 s', resolvable_at, to_timestamp(0))
      FROM predictions WHERE status = 'SCORED';
    UPDATE seal_state SET first_period = to_timestamp(1700000000), sealed_until = to_timestamp(1700000000 + 60 * 1450);
    INSERT INTO ground_truths (input_id, scope_key, truth_jsonb, records_digest)
      SELECT id, 'S', '{}', '' FROM inputs WHERE id NOT LIKE 'I19%';
    INSERT INTO prediction_slots (config_id, subject, slot, input_id, scope_key, scope_jsonb, performed_at,
        resolvable_at, deadline_at, model_ids, answered_at)
      SELECT 'C', 'S1', i, 'I' || i, 'S', '{}', now(), now(), now(), '{}', now() FROM generate_series(1, 2000) i;
    INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
      SELECT s || '-' || i, 'bench', 'S' || s, 'candle', '1m', to_timestamp(1700000000 + 60 * i),
        to_timestamp(1700000000 + 60 * i + 60), '{"close": 1}', '{}'
      FROM generate_series(1, 10) s, generate_series(0, 4999) i;
    SELECT make_feed_partitions(array_agg(DISTINCT date_trunc('day', ts_event)), 7) FROM feed_records_default;
    INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, sealed_at)
      SELECT 'SNAP_' || m || '_' || i, 'M' || m, to_timestamp(1700000000 - 60 * i - 60), to_timestamp(1700000000 - 60 * i),
        1, '{"value": 1}', now()
      FROM generate_series(1, 1000) i, generate_series(1, 50) m;
    INSERT INTO merkle_cycles (id, snapshots_root, chained_root, snapshot_count, created_at)
      SELECT 'CYC_' || i, 'root', 'chained' || i, 50, to_timestamp(1700000000 - 60 * i) FROM generate_series(1, 1000) i;
    INSERT INTO merkle_nodes (id, cycle_id, level, position, hash, snapshot_id, snapshot_content_hash)
      SELECT 'MRK_' || i || '_' || m, 'CYC_' || i, 0, m - 1, 'hash', 'SNAP_' || m || '_' || i, 'hash'
      FROM generate_series(1, 1000) i, generate_series(1, 50) m;
    INSERT INTO merkle_nodes (id, checkpoint_id, level, position, hash)
      SELECT 'MRK_CKP_' || i, 'CKP', 0, i, 'chained' || i FROM generate_series(1, 1000) i;
    INSERT INTO leaderboards (id, created_at, entries_jsonb)
      SELECT 'LBR_' || i, to_timestamp(1700000000 + 60 * i), '[]' FROM generate_series(1, 5000) i;
    ANALYZE;
    """

  static let growing = [
    "inputs", "predictions", "scores", "snapshots", "ground_truths", "prediction_slots", "feed_records", "leaderboards",
    "merkle_cycles", "merkle_nodes",
  ]
}
