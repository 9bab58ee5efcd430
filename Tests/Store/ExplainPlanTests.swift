import Competition
import Postgres
import TestKit
import Testing

@testable import Store

@Suite("Plans of the queries behind coordinator explain", .timeLimit(.minutes(3)))
struct ExplainPlanTests {
  private static let start = Timestamp(seconds: 1_700_000_000)

  /// What `coordinator explain` asks; each answers how many things it found.
  private static let queries: [(name: String, run: @Sendable (ExplainStore) async throws -> Int)] = [
    ("kinds", { try await $0.kinds(of: "P700_7").count }),
    ("owner of a score", { try await $0.predictionID(ofScore: "SCR_P700_7") == nil ? 0 : 1 }),
    ("prediction", { try await $0.prediction(id: "P700_7")?.snapshot == nil ? 0 : 1 }),
    ("scope keys", { try await $0.scopeKeys(input: "I700").count }),
    ("task", { try await $0.task(TaskKey(inputID: "I700", scopeKey: "S"))?.runs.count ?? 0 }),
    ("snapshot", { try await $0.snapshot(id: "SNAP_7_700") == nil ? 0 : 1 }),
    ("model", { try await $0.model(id: "M7")?.snapshot == nil ? 0 : 1 }),
    ("newest slots", { try await $0.newestSlots(config: "C").count }),
    ("record", { try await $0.record(id: "R700") == nil ? 0 : 1 }),
    ("leaderboard", { try await $0.leaderboard(id: "LBR_700") == nil ? 0 : 1 }),
    ("runs of an entry", { try await $0.runs(entry: "700-0").count }),
    ("letters of an entry", { try await $0.letters(entry: "700-0", streams: ["a", "predictions.pending"]).count }),
    ("worker", { try await $0.worker(name: "w1").runs.count }),
  ]

  /// 20,000 inputs, each with a slot, a commit, a dead letter and a feed record; the first 2,000 with 50 predictions each,
  /// all with scores, snapshots and truths.
  private static let history = """
    INSERT INTO models (id, name) SELECT 'M' || m, 'model' FROM generate_series(1, 50) m;
    INSERT INTO inputs (id, raw_data_jsonb, received_at)
      SELECT 'I' || i, '{}', to_timestamp(1700000000 + 60 * i) FROM generate_series(1, 20000) i;
    INSERT INTO predictions (id, input_id, model_id, scope_key, status, performed_at, resolvable_at)
      SELECT 'P' || i || '_' || m, 'I' || i, 'M' || m, 'S', 'SCORED', to_timestamp(1700000000 + 60 * i),
        to_timestamp(1700000000 + 60 * i)
      FROM generate_series(1, 2000) i, generate_series(1, 50) m;
    INSERT INTO scores (id, prediction_id, result_jsonb, period_start)
      SELECT 'SCR_' || id, id, '{"value": 1}', resolvable_at FROM predictions;
    INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, sealed_at)
      SELECT 'SNAP_' || m || '_' || i, 'M' || m, to_timestamp(1700000000 + 60 * i), to_timestamp(1700000060 + 60 * i), 1,
        now() FROM generate_series(1, 2000) i, generate_series(1, 50) m;
    INSERT INTO ground_truths (input_id, scope_key, truth_jsonb, records_digest) SELECT id, 'S', '{}', '' FROM inputs;
    INSERT INTO prediction_slots (config_id, subject, slot, input_id, scope_key, scope_jsonb, performed_at,
        resolvable_at, deadline_at, model_ids, answered_at, worker)
      SELECT 'C', 'S' || i % 3, i, 'I' || i, 'S', '{}', now(), now(), now(), '{}', now(), 'w'
      FROM generate_series(1, 20000) i;
    INSERT INTO score_runs (input_id, scope_key, worker, entry_id, deliveries, predictions)
      SELECT 'I' || i, 'S', 'w' || i % 3, i || '-0', 1, 50 FROM generate_series(1, 20000) i;
    INSERT INTO dead_letters (stream, entry_id, kind, cause, payload_jsonb, worker)
      SELECT 'predictions.pending', i || '-0', 'refused', 'cause',
        jsonb_build_object('input_id', 'I' || i, 'scope_key', 'S'), 'w' || i % 3
      FROM generate_series(1, 20000) i;
    INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event, values_jsonb)
      SELECT 'R' || i, 'bench', 'S1', 'candle', '1m', to_timestamp(1700000000 + 60 * i), '{"close": 1}'
      FROM generate_series(1, 20000) i;
    INSERT INTO leaderboards (id, created_at, entries_jsonb)
      SELECT 'LBR_' || i, to_timestamp(1700000000 + 60 * i), '[]' FROM generate_series(1, 5000) i;
    ANALYZE;
    """

  private static let growing = [
    "inputs", "predictions", "scores", "snapshots", "ground_truths", "prediction_slots", "feed_records", "leaderboards",
    "score_runs", "dead_letters",
  ]

  @Test("no question about an id reads a growing table from end to end, neither as planned at first nor later")
  func noSequentialScan() async throws {
    try await TestDatabase.with { database in
      let store = Store(database.configuration, connections: 1)
      try await store.pool.withConnection { try await $0.script(Self.history) }
      for (name, run) in Self.queries {
        let before = try await scans(store)
        for turn in 1...7 { #expect(try await run(store.explanations) > 0, "\(name), run \(turn)") }
        let after = try await scans(store)
        for table in Self.growing where after[table] != before[table] { Issue.record("\(name) scans \(table)") }
      }
      await store.pool.close()
    }
  }

  private func scans(_ store: Store) async throws -> [String: Int64] {
    try await store.pool.query("SELECT pg_stat_force_next_flush()")
    let rows = try await store.pool.query("SELECT relname::text, seq_scan FROM pg_stat_user_tables")
    return Dictionary(try rows.map { (try $0.text(0), try $0.int(1)) }, uniquingKeysWith: { first, _ in first })
  }
}
