import Competition
import Postgres
import Testing

extension AuditCommandTests {
  /// A change of the rows of a scored and sealed prediction, and what it breaks.
  private struct Damage: CustomTestStringConvertible {
    var promise: String
    var statements: [SQL]
    var testDescription: String { promise }
  }

  private static let damages = [
    Damage(
      promise: "I1 a prediction that failed says why",
      statements: [
        "UPDATE predictions SET status = 'FAILED' WHERE id = 'PRE-OTHER'",
        "DELETE FROM scores WHERE prediction_id = 'PRE-OTHER'",
      ]),
    Damage(
      promise: "I1 every model that was asked has a prediction",
      statements: ["UPDATE prediction_slots SET model_ids = '{a,b}' WHERE input_id = 'DONE'"]),
    Damage(
      promise: "I2 a model has one prediction of an input and scope key",
      statements: [
        "DROP INDEX predictions_once", "UPDATE predictions SET contract_id = 1 WHERE id = 'PRE-DONE'",
        """
        INSERT INTO predictions (id, input_id, model_id, scope_key, status, failed_reason, resolvable_at, contract_id)
        SELECT 'TWIN', input_id, model_id, scope_key, 'FAILED', 'late', resolvable_at, 1
        FROM predictions WHERE id = 'PRE-DONE'
        """,
      ]),
    Damage(
      promise: "I2 a prediction has one score when it is SCORED, and else none",
      statements: ["UPDATE predictions SET status = 'FAILED', failed_reason = 'late' WHERE id = 'PRE-DONE'"]),
    Damage(
      promise: "I5 a sealed snapshot is what its stored scores say",
      statements: ["UPDATE snapshots SET result_summary_jsonb = jsonb_build_object('value', 0.26)"]),
    Damage(
      promise: "I6 each score of a sealed bucket is in one snapshot",
      statements: ["DELETE FROM snapshots"]),
    Damage(
      promise: "I6 a sealed snapshot counts the scores of its bucket",
      statements: ["UPDATE snapshots SET prediction_count = prediction_count + 1"]),
    Damage(
      promise: "I6 the snapshots of a model do not overlap",
      statements: [
        """
        INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, sealed_at)
        SELECT 'EARLIER-' || id, model_id, period_start - interval '30 seconds', period_end, 0, '{}', sealed_at FROM snapshots
        """
      ]),
    Damage(
      promise: "I6 checkpoints follow each other without gap or overlap",
      statements: [
        """
        INSERT INTO checkpoints (id, period_start, period_end, entries_jsonb)
        VALUES ('C1', '2020-01-01', '2020-01-02', '[]'), ('C2', '2020-01-03', '2020-01-04', '[]')
        """
      ]),
    Damage(
      promise: "I6 a sealed snapshot is in the checkpoint of its period, and in no other",
      statements: [
        "INSERT INTO checkpoints (id, period_start, period_end, entries_jsonb) VALUES ('C1', '2020-01-01', '2030-01-01', '[]')"
      ]),
    Damage(
      promise: "I6 a checkpoint counts the snapshots that it claimed",
      statements: [
        """
        INSERT INTO checkpoints (id, period_start, period_end, entries_jsonb, meta_jsonb)
        VALUES ('C1', '2020-01-01', '2020-01-02', '[]', '{"snapshot_count": 7}')
        """
      ]),
    Damage(
      promise: "I6 a checkpoint with a ranking pays out exactly everything",
      statements: [
        """
        INSERT INTO checkpoints (id, period_start, period_end, entries_jsonb)
        VALUES ('C1', '2020-01-01', '2020-01-02', '[{"cruncher_rewards": [{"reward_pct": 999999999}]}]')
        """
      ]),
    Damage(
      promise: "I9 no run ends what another had ended",
      statements: [
        """
        INSERT INTO score_runs (input_id, scope_key, worker, entry_id, deliveries, predictions)
        VALUES ('DONE', 'BTC-60', 'two', '', 1, 1)
        """
      ]),
    Damage(
      promise: "I10 the slots of a config fire in the order of the feed, per subject",
      statements: [
        """
        INSERT INTO prediction_slots (config_id, subject, slot, input_id, scope_key, scope_jsonb, performed_at,
          resolvable_at, deadline_at, model_ids, answered_at)
        SELECT config_id, subject, slot + 1, input_id, scope_key, scope_jsonb, performed_at - interval '1 second',
          resolvable_at, deadline_at, model_ids, answered_at FROM prediction_slots WHERE input_id = 'DONE'
        """
      ]),
  ]

  @Test("whatever PostgreSQL must never hold is found and named", arguments: damages.indices)
  func damaged(_ index: Int) async throws {
    let damage = Self.damages[index]
    try await Command.with { command in
      let store = command.database.store
      try await AuditedNode.addScored("DONE", to: store)
      try await AuditedNode.addScored("OTHER", to: store, due: AuditedNode.due.adding(seconds: 60))
      try await AuditedNode.seal(store)
      // Whatever a check says of rows that are well is an error of the check.
      #expect(try await AuditedNode.broken(command, "--at-rest") == [])
      for statement in damage.statements { try await store.pool.query(statement) }
      #expect(try await AuditedNode.broken(command).contains(damage.promise))
    }
  }
}
