extension VerifyTests {
  /// The same for what names rows and places them.
  static let keys: [Damage] = [
    Damage(
      statement: "UPDATE contracts SET contract_text = replace(contract_text, 'score_recent', 'score_steady')",
      table: "contracts", row: "1", column: "contract_text"),
    Damage(
      statement: "UPDATE contracts SET digest = repeat('0', 64)",
      table: "contracts", row: "1", column: "contract_text"),
    Damage(
      statement: "UPDATE scores SET contract_id = 99 WHERE id = 'SCR_PRE_a_BTC-60_20260213_162900.000'",
      table: "scores", row: "SCR_PRE_a_BTC-60_20260213_162900.000", column: "contract_id"),
    Damage(
      statement: """
        UPDATE predictions SET input_id = 'INP_20260213_162900.000_120' WHERE id = 'PRE_a_BTC-60_20260213_162900.000'
        """,
      table: "ground_truths", row: "INP_20260213_162900.000_120 BTC-60", column: "truth_jsonb"),
    Damage(
      statement: "UPDATE snapshots SET model_id = 'idle' WHERE id = 'SNAP_é_20260213_163100'",
      table: "snapshots", row: "SNAP_é_20260213_163100", column: "model_id"),
    Damage(
      statement: "UPDATE merkle_cycles SET id = id || 'x' WHERE id = 'CYC_20260213_163100_000000'",
      table: "merkle_cycles", row: "CYC_20260213_163100_000000x", column: "id"),
    Damage(
      statement: "UPDATE merkle_nodes SET id = id || 'x' WHERE id = 'MRK_CYC_20260213_163100_000000_1_0'",
      table: "merkle_nodes", row: "MRK_CYC_20260213_163100_000000_1_0x", column: "id"),
    Damage(
      statement: "UPDATE merkle_nodes SET level = 3 WHERE id = 'MRK_CYC_20260213_163100_000000_2_0'",
      table: "merkle_nodes", row: "MRK_CYC_20260213_163100_000000_2_0", column: "level"),
    Damage(
      statement: "UPDATE merkle_nodes SET position = 1 WHERE id = 'MRK_CYC_20260213_163100_000000_2_0'",
      table: "merkle_nodes", row: "MRK_CYC_20260213_163100_000000_2_0", column: "position"),
    Damage(
      statement:
        "UPDATE merkle_nodes SET left_child_id = right_child_id WHERE id = 'MRK_CYC_20260213_163100_000000_2_0'",
      table: "merkle_nodes", row: "MRK_CYC_20260213_163100_000000_2_0", column: "left_child_id"),
    Damage(
      statement: """
        UPDATE merkle_nodes SET snapshot_id = 'SNAP_b_20260213_163000' WHERE id = 'MRK_CYC_20260213_163100_000000_0_1'
        """,
      table: "merkle_nodes", row: "MRK_CYC_20260213_163100_000000_0_1", column: "snapshot_id"),
    Damage(
      statement: """
        UPDATE merkle_nodes SET snapshot_content_hash = hash WHERE id = 'MRK_CYC_20260213_163100_000000_1_0'
        """,
      table: "merkle_nodes", row: "MRK_CYC_20260213_163100_000000_1_0", column: "snapshot_content_hash"),
    Damage(
      statement: "UPDATE merkle_nodes SET snapshot_content_hash = hash WHERE id = 'MRK_CKP_20260213_163000_0_0'",
      table: "merkle_nodes", row: "MRK_CKP_20260213_163000_0_0", column: "snapshot_content_hash"),
    Damage(
      statement: """
        WITH claims AS (
          UPDATE snapshots SET checkpoint_id = checkpoint_id || '1'
          WHERE checkpoint_id = (SELECT max(id) FROM checkpoints))
        UPDATE checkpoints SET id = id || '1' WHERE id = (SELECT max(id) FROM checkpoints)
        """,
      table: "checkpoints", row: "CKP_", column: "id"),
    Damage(
      statement: """
        UPDATE checkpoints SET period_start = period_start + interval '1 second'
        WHERE id = (SELECT min(id) FROM checkpoints)
        """,
      table: "checkpoints", row: "CKP_20260213_163000", column: "period_start"),
  ]
}
