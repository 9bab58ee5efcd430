extension VerifyTests {
  /// A value of every covered column, changed in one row.
  static let damages: [Damage] = columns + keys

  private static let columns: [Damage] = [
    Damage(
      statement: """
        UPDATE feed_records SET values_jsonb = jsonb_set(values_jsonb, '{volume}', '6')
        WHERE ts_event = timestamptz '2026-02-13 16:27:00+00' + interval '3 minutes'
        """,
      table: "feed_records", row: "test:BTC:candle:1m", column: "values_jsonb"),
    Damage(
      statement: """
        UPDATE feed_records SET ts_event = ts_event + interval '1 second'
        WHERE ts_event = timestamptz '2026-02-13 16:27:00+00' + interval '3 minutes'
        """,
      table: "feed_records", row: "test:BTC:candle:1m", column: "values_jsonb"),
    Damage(
      statement: """
        UPDATE inputs SET raw_data_jsonb = jsonb_set(raw_data_jsonb, '{symbol}', '"BTD"')
        WHERE id = (SELECT max(id) FROM inputs WHERE id LIKE '%\\_0')
        """,
      table: "inputs", row: "INP_", column: "raw_data_jsonb"),
    Damage(
      statement: """
        UPDATE ground_truths SET truth_jsonb = jsonb_set(truth_jsonb, '{entry_price}', '1')
        WHERE (input_id, scope_key) = (SELECT max(input_id), 'BTC-60' FROM ground_truths WHERE scope_key = 'BTC-60')
        """,
      table: "ground_truths", row: "INP_20260213_163000.000_60 BTC-60", column: "truth_jsonb"),
    Damage(
      statement: """
        UPDATE ground_truths SET records_digest = 'a' || substr(records_digest, 2) || 'b'
        WHERE (input_id, scope_key) = (SELECT max(input_id), 'BTC-60' FROM ground_truths WHERE scope_key = 'BTC-60')
        """,
      table: "ground_truths", row: "INP_20260213_163000.000_60 BTC-60", column: "records_digest"),
    Damage(
      statement: """
        UPDATE predictions SET inference_output_jsonb = '{"value": 0.31}' WHERE id = 'PRE_a_BTC-60_20260213_162900.000'
        """,
      table: "predictions", row: "PRE_a_BTC-60_20260213_162900.000", column: "inference_output_jsonb"),
    Damage(
      statement: "UPDATE predictions SET status = 'FAILED' WHERE id = 'PRE_a_BTC-60_20260213_162900.000'",
      table: "predictions", row: "PRE_a_BTC-60_20260213_162900.000", column: "status"),
    Damage(
      statement: "UPDATE predictions SET scope_key = 'BTC-60' WHERE id = 'PRE_a_BTC-0_20260213_162900.000'",
      table: "ground_truths", row: "INP_20260213_162900.000_0 BTC-60", column: "truth_jsonb"),
    Damage(
      statement: "UPDATE predictions SET model_id = 'idle' WHERE id = 'PRE_a_BTC-60_20260213_162900.000'",
      table: "snapshots", row: "SNAP_a_20260213_163100", column: "prediction_count"),
    Damage(
      statement: """
        UPDATE scores SET result_jsonb = jsonb_set(result_jsonb, '{value}', '0.5')
        WHERE id = 'SCR_PRE_a_BTC-60_20260213_162900.000'
        """,
      table: "scores", row: "SCR_PRE_a_BTC-60_20260213_162900.000", column: "result_jsonb"),
    Damage(
      statement: "UPDATE scores SET success = false WHERE id = 'SCR_PRE_a_BTC-60_20260213_162900.000'",
      table: "scores", row: "SCR_PRE_a_BTC-60_20260213_162900.000", column: "success"),
    Damage(
      statement: "UPDATE scores SET failed_reason = 'x' WHERE id = 'SCR_PRE_b_BTC-120_20260213_162900.000'",
      table: "scores", row: "SCR_PRE_b_BTC-120_20260213_162900.000", column: "failed_reason"),
    Damage(
      statement: "UPDATE scores SET id = id || 'x' WHERE id = 'SCR_PRE_b_BTC-60_20260213_162900.000'",
      table: "scores", row: "SCR_PRE_b_BTC-60_20260213_162900.000x", column: "id"),
    Damage(
      statement: """
        UPDATE scores SET period_start = period_start + interval '60 seconds'
        WHERE id = 'SCR_PRE_b_BTC-60_20260213_162900.000'
        """,
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "prediction_count"),
    Damage(
      statement: "DELETE FROM scores WHERE id = 'SCR_PRE_b_BTC-60_20260213_162900.000'",
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "prediction_count"),
    Damage(
      statement: "UPDATE snapshots SET id = id || '1' WHERE id = 'SNAP_b_20260213_163100'",
      table: "snapshots", row: "SNAP_b_20260213_1631001", column: "period_end"),
    Damage(
      statement:
        "UPDATE snapshots SET period_start = period_start + interval '1 second' WHERE id = 'SNAP_b_20260213_163100'",
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "period_start"),
    Damage(
      statement:
        "UPDATE snapshots SET period_end = period_end + interval '1 second' WHERE id = 'SNAP_b_20260213_163100'",
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "period_end"),
    Damage(
      statement: "UPDATE snapshots SET prediction_count = 7 WHERE id = 'SNAP_b_20260213_163100'",
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "prediction_count"),
    Damage(
      statement: """
        UPDATE snapshots SET result_summary_jsonb = jsonb_set(result_summary_jsonb, '{value}', '0.5')
        WHERE id = 'SNAP_b_20260213_163100'
        """,
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "result_summary_jsonb"),
    // Digits that change no number.
    Damage(
      statement: """
        UPDATE snapshots SET result_summary_jsonb = result_summary_jsonb
          || jsonb_build_object('value', (result_summary_jsonb ->> 'value' || '00000000000000000001')::numeric)
        WHERE id = 'SNAP_b_20260213_163100'
        """,
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "result_summary_jsonb"),
    Damage(
      statement: """
        UPDATE checkpoints SET meta_jsonb = jsonb_set(meta_jsonb, '{ranking,0,result_summary,value}',
          to_jsonb((meta_jsonb #>> '{ranking,0,result_summary,value}' || '00000000000000000001')::numeric))
        WHERE id = (SELECT max(id) FROM checkpoints)
        """,
      table: "checkpoints", row: "CKP_", column: "meta_jsonb"),
    Damage(
      statement: "UPDATE snapshots SET content_hash = repeat('0', 64) WHERE id = 'SNAP_b_20260213_163100'",
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "content_hash"),
    Damage(
      statement: "UPDATE snapshots SET content_hash = NULL WHERE id = 'SNAP_b_20260213_163100'",
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "content_hash"),
    Damage(
      statement: """
        UPDATE snapshots SET meta_jsonb = jsonb_set(meta_jsonb, '{evidence_digest}', '"x"')
        WHERE id = 'SNAP_b_20260213_163100'
        """,
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "meta_jsonb"),
    // A key that was changed takes what it names out of sight.
    Damage(
      statement: """
        UPDATE snapshots SET meta_jsonb = replace(meta_jsonb::text, 'evidence_digest', 'evidence_digesu')::jsonb
        WHERE id = 'SNAP_b_20260213_163100'
        """,
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "meta_jsonb"),
    Damage(
      statement: """
        UPDATE checkpoints SET meta_jsonb = replace(meta_jsonb::text, 'evidence_digest', 'evidence_digesu')::jsonb
        WHERE id = (SELECT max(id) FROM checkpoints)
        """,
      table: "checkpoints", row: "CKP_", column: "meta_jsonb"),
    Damage(
      statement:
        "UPDATE checkpoints SET meta_jsonb = meta_jsonb - 'evidence_digest' WHERE id = (SELECT max(id) FROM checkpoints)",
      table: "checkpoints", row: "CKP_", column: "meta_jsonb"),
    Damage(
      statement: "UPDATE snapshots SET checkpoint_id = NULL WHERE id = 'SNAP_b_20260213_163100'",
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "checkpoint_id"),
    Damage(
      statement: "DELETE FROM snapshots WHERE id = 'SNAP_b_20260213_163100'",
      table: "snapshots", row: "SNAP_b_20260213_163100", column: "period_start"),
    Damage(
      statement: "UPDATE merkle_cycles SET snapshots_root = repeat('0', 64) WHERE id = 'CYC_20260213_163100_000000'",
      table: "merkle_cycles", row: "CYC_20260213_163100_000000", column: "snapshots_root"),
    Damage(
      statement: "UPDATE merkle_cycles SET chained_root = repeat('0', 64) WHERE id = 'CYC_20260213_163100_000000'",
      table: "merkle_cycles", row: "CYC_20260213_163100_000000", column: "chained_root"),
    Damage(
      statement: "UPDATE merkle_cycles SET previous_cycle_root = NULL WHERE id = 'CYC_20260213_163100_000000'",
      table: "merkle_cycles", row: "CYC_20260213_163100_000000", column: "previous_cycle_root"),
    Damage(
      statement: "UPDATE merkle_cycles SET previous_cycle_id = 'x' WHERE id = 'CYC_20260213_163100_000000'",
      table: "merkle_cycles", row: "CYC_20260213_163100_000000", column: "previous_cycle_id"),
    Damage(
      statement: "UPDATE merkle_cycles SET snapshot_count = 9 WHERE id = 'CYC_20260213_163100_000000'",
      table: "merkle_cycles", row: "CYC_20260213_163100_000000", column: "snapshot_count"),
    Damage(
      statement: """
        UPDATE merkle_cycles SET created_at = created_at + interval '1 microsecond'
        WHERE id = 'CYC_20260213_163100_000000'
        """,
      table: "merkle_cycles", row: "CYC_20260213_163100_000000", column: "created_at"),
    Damage(
      statement: "UPDATE merkle_nodes SET hash = repeat('0', 64) WHERE id = 'MRK_CYC_20260213_163100_000000_1_0'",
      table: "merkle_nodes", row: "MRK_CYC_20260213_163100_000000_1_0", column: "hash"),
    Damage(
      statement: "UPDATE merkle_nodes SET hash = repeat('0', 64) WHERE id = 'MRK_CYC_20260213_163100_000000_0_1'",
      table: "merkle_nodes", row: "MRK_CYC_20260213_163100_000000_0_1", column: "hash"),
    Damage(
      statement:
        "UPDATE merkle_nodes SET right_child_id = left_child_id WHERE id = 'MRK_CYC_20260213_163100_000000_1_0'",
      table: "merkle_nodes", row: "MRK_CYC_20260213_163100_000000_1_0", column: "right_child_id"),
    Damage(
      statement: "DELETE FROM merkle_nodes WHERE id = 'MRK_CYC_20260213_163100_000000_1_1'",
      table: "merkle_nodes", row: "MRK_CYC_20260213_163100_000000_2_0", column: "id"),
    Damage(
      statement: "DELETE FROM merkle_nodes WHERE id = 'MRK_CYC_20260213_163300_000000_0_1'",
      table: "merkle_nodes", row: "CYC_20260213_163300_000000", column: "id"),
    Damage(
      statement: "DELETE FROM merkle_cycles WHERE id = 'CYC_20260213_163300_000000'",
      table: "merkle_cycles", row: "the cycle of SNAP_a_20260213_163300", column: "id"),
    Damage(
      statement: """
        UPDATE merkle_nodes SET snapshot_content_hash = repeat('0', 64) WHERE id = 'MRK_CYC_20260213_163100_000000_0_1'
        """,
      table: "merkle_nodes", row: "MRK_CYC_20260213_163100_000000_0_1", column: "snapshot_content_hash"),
    Damage(
      statement: "UPDATE checkpoints SET merkle_root = repeat('0', 64) WHERE id = (SELECT max(id) FROM checkpoints)",
      table: "checkpoints", row: "CKP_", column: "merkle_root"),
    Damage(
      statement: """
        UPDATE checkpoints SET entries_jsonb = jsonb_set(entries_jsonb, '{0,cruncher_rewards,0,reward_pct}', '1')
        WHERE id = (SELECT max(id) FROM checkpoints)
        """,
      table: "checkpoints", row: "CKP_", column: "entries_jsonb"),
    Damage(
      statement: """
        UPDATE checkpoints SET entries_jsonb = jsonb_set(entries_jsonb, '{0,crunch}', '"thief"')
        WHERE id = (SELECT max(id) FROM checkpoints)
        """,
      table: "checkpoints", row: "CKP_", column: "meta_jsonb"),
    Damage(
      statement: """
        UPDATE checkpoints SET meta_jsonb = jsonb_set(meta_jsonb, '{ranking,0,result_summary,value}', '1')
        WHERE id = (SELECT max(id) FROM checkpoints)
        """,
      table: "checkpoints", row: "CKP_", column: "meta_jsonb"),
    Damage(
      statement: """
        UPDATE checkpoints SET meta_jsonb = jsonb_set(meta_jsonb, '{ranking,0,model_name}', '"x"')
        WHERE id = (SELECT max(id) FROM checkpoints)
        """,
      table: "checkpoints", row: "CKP_", column: "meta_jsonb"),
    Damage(
      statement: """
        UPDATE checkpoints SET period_end = period_end + interval '1 second'
        WHERE id = (SELECT max(id) FROM checkpoints)
        """,
      table: "checkpoints", row: "CKP_", column: "period_end"),
    Damage(
      statement: """
        UPDATE checkpoints SET period_start = period_start + interval '1 second'
        WHERE id = (SELECT max(id) FROM checkpoints)
        """,
      table: "checkpoints", row: "CKP_", column: "period_start"),
    Damage(
      statement: """
        UPDATE leaderboards SET entries_jsonb = jsonb_set(entries_jsonb, '{0,model_name}', '"x"')
        """,
      table: "leaderboards", row: "LBR_", column: "entries_jsonb"),
    Damage(
      statement: """
        UPDATE leaderboards SET entries_jsonb = jsonb_set(entries_jsonb, '{0,score,ranking,value}', '7'),
          meta_jsonb = meta_jsonb - 'entries_digest'
        """,
      table: "leaderboards", row: "LBR_", column: "entries_jsonb"),
  ]
}
