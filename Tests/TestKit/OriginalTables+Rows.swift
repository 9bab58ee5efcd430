extension OriginalTables {
  /// Rows that the tables of both versions take: JSON columns that are null, and what is there more than once. To be run
  /// as a script, once.
  public static let repeatingRows = """
    INSERT INTO models (id, name, deployment_identifier, player_id, player_name, overall_score_jsonb,
        scores_by_scope_jsonb, meta_jsonb, created_at, updated_at) VALUES
      ('r1', '', '', '', '', NULL, NULL, NULL, '2026-02-13T11:00:00Z', '2026-02-13T11:00:00Z'),
      ('r2', 'Two', 'run', 'p', 'Player', '7', '[]', 'null', '2026-02-13T11:00:00Z', '2026-02-13T11:00:00Z');
    INSERT INTO scheduled_prediction_configs (id, scope_key, scope_template_jsonb, schedule_jsonb, active, "order",
        meta_jsonb) VALUES
      ('CFG_R1', 'S', NULL, NULL, false, 0, NULL), ('CFG_R2', 'S', '[]', '{}', false, 0, '{}');
    INSERT INTO inputs (id, raw_data_jsonb, received_at) VALUES ('IR', NULL, '2026-02-13T11:00:00Z');
    INSERT INTO predictions (id, input_id, model_id, prediction_config_id, scope_key, scope_jsonb, status, exec_time_ms,
        inference_output_jsonb, meta_jsonb, performed_at, resolvable_at) VALUES
      ('R1', 'IR', 'r1', 'CFG_R1', 'S', NULL, 'SCORED', 1, NULL, NULL, '2026-02-13T11:00:00Z', '2026-02-13T11:01:00Z'),
      ('R2', 'IR', 'r1', 'CFG_R2', 'S', '{"subject": "BTC"}', 'SCORED', 1, '{}', '{}', '2026-02-13T11:00:01Z',
        '2026-02-13T11:00:01Z'),
      ('R3', 'IR', 'r1', NULL, 'S', '[]', 'PENDING', 1, '7', '7', '2026-02-13T11:00:02Z', '2026-02-13T11:01:00Z'),
      ('R4', 'IR', 'r2', NULL, '', '{}', 'odd status', -1, '{}', '{}', '2026-02-13T11:00:03Z', '2026-02-13T10:00:00Z');
    INSERT INTO scores (id, prediction_id, result_jsonb, success, failed_reason, scored_at) VALUES
      ('SCR_R1', 'R1', '{"value": 1.0}', true, NULL, '2026-02-13T11:01:00Z'),
      ('SCR_R1_again', 'R1', '{"value": 3.0}', NULL, 'no word', '2026-02-13T11:02:00Z'),
      ('SCR_R2', 'R2', NULL, false, NULL, '2026-02-13T11:01:00Z'),
      ('SCR_R3', 'R3', '{"value": "x"}', true, NULL, '2026-02-13T11:01:00Z');
    INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, meta_jsonb,
        created_at) VALUES
      ('SR1', 'r1', '2026-02-13T11:01:00Z', '2026-02-13T11:01:00Z', 1, '{"value": 1.0}', NULL, '2026-02-13T11:01:00Z'),
      ('SR2', 'r1', '2026-02-13T11:01:00Z', '2026-02-13T11:01:00Z', -1, NULL, '7', '2026-02-13T11:01:00Z');
    INSERT INTO checkpoints (id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash,
        submitted_at) VALUES
      ('CR1', '2026-02-13T10:00:00Z', '2026-02-13T11:00:00Z', 'PENDING', NULL, NULL, '2026-02-13T11:00:00Z', NULL, NULL),
      ('CR2', '2026-02-13T11:00:00Z', '2026-02-13T10:00:00Z', 'odd', '{}', '[]', '2026-02-13T11:00:00Z', '',
        '2026-02-13T11:00:00Z');
    INSERT INTO leaderboards (id, created_at, entries_jsonb, meta_jsonb) VALUES
      ('LR1', '2026-02-13T11:00:00Z', NULL, NULL),
      ('LR2', '2026-02-13T11:00:00Z', '[{"model_id": "r1", "rank": 1}, {"model_id": "r1", "rank": 1}]', '7');
    INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
      VALUES
      ('FR1', '', '', '', '', '2026-02-13T11:00:00Z', '2026-02-13T10:00:00Z', NULL, NULL),
      ('FR2', '', '', '', '', '2026-02-13T11:00:01Z', '2026-02-13T11:00:01Z', '7', '[]');
    INSERT INTO feed_ingestion_state (id, source, subject, kind, granularity, last_event_ts, updated_at, meta_jsonb)
      VALUES ('WR', '', '', '', '', NULL, '2026-02-13T11:00:00Z', NULL);

    """

  /// More of them, which 0.1.101 takes: it has three tables more, and predictions may name a config that is not there.
  public static let laterRows = """
    INSERT INTO predictions (id, input_id, model_id, prediction_config_id, scope_key, scope_jsonb, status, exec_time_ms,
        inference_output_jsonb, meta_jsonb, performed_at, resolvable_at) VALUES
      ('R5', 'IR', 'r2', 'CFG_GONE', '', '{}', 'ABSENT', 0, '{}', '{}', '2026-02-13T11:00:04Z', '2026-02-13T11:01:00Z');
    UPDATE snapshots SET content_hash = 'no hash' WHERE id = 'SR1';
    INSERT INTO backfill_jobs (id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, records_written,
        pages_fetched, status, error, created_at, updated_at) VALUES
      ('BR1', 's', '..', 'k', 'g', '2026-02-01T00:00:00Z', '2026-01-01T00:00:00Z', NULL, -1, 0, 'failed', NULL,
        '2026-02-13T11:00:00Z', '2026-02-13T11:00:00Z'),
      ('BR2', 's', '..', 'k', 'g', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z', NULL, 0, 0, 'odd', 'why',
        '2026-02-13T11:00:00Z', '2026-02-13T11:00:00Z');
    INSERT INTO merkle_cycles (id, previous_cycle_id, previous_cycle_root, snapshots_root, chained_root, snapshot_count,
        created_at) VALUES
      ('CYCR1', NULL, NULL, 'root', 'chained', 2, '2026-02-13T11:01:00Z'),
      ('CYCR2', 'gone', 'gone', 'root', 'chained', -1, '2026-02-13T11:01:00Z');
    INSERT INTO merkle_nodes (id, checkpoint_id, cycle_id, level, position, hash, left_child_id, right_child_id,
        snapshot_id, snapshot_content_hash, created_at) VALUES
      ('MR1', NULL, 'CYCR1', 0, 4, 'left leaf', NULL, NULL, 'SR1', 'its content', '2026-02-13T11:01:00Z'),
      ('MR2', NULL, 'CYCR1', 0, 9, 'right leaf', NULL, NULL, 'SR2', NULL, '2026-02-13T11:01:00Z'),
      ('MR3', 'CR1', NULL, 0, 7, 'chained', NULL, NULL, NULL, NULL, '2026-02-13T11:01:00Z');

    """
}
