import Competition
import Store
import TestKit

@testable import ReportWorker

/// Rows as other tools write them: JSON columns that are null or no objects, numbers beyond a double, moments at the edges
/// of the calendar, references that lead nowhere. Beside them rows of the usual kind.
enum OddRows {
  static func fill(_ bench: ReportBench) async throws {
    try await bench.addModels()
    try await bench.run(OriginalTables.self)
    try await bench.run(
      """
      INSERT INTO models (id, name, player_id, player_name, created_at) VALUES
        ('odd', '', '', '', '-infinity'), ('é日²', E'tab\\t"quoted"', 'p', 'p', 'infinity')
      """)
    try await predictions(bench)
    try await snapshots(bench)
    try await bench.run(
      """
      INSERT INTO leaderboards (id, created_at, entries_jsonb) VALUES ('L', '2026-02-13T11:30:00Z', '[
        {"model_id": "a", "rank": 2, "score": {"metrics": {"score_recent": 1e300, "huge": 1e400, "text": "0.5", "no": "x",
          "flag": true, "nan": "nan", "list": [1]}, "ranking": {"key": "score_recent", "value": 1e300, "direction": "desc"}}},
        {"model_id": "b", "rank": null, "score": null}, {"rank": 1.5}, {"model_id": "c", "rank": "3", "score": []},
        null, 7, {"model_id": "__ensemble_main__", "rank": 1}]')
      """)
    try await bench.addCheckpoint("good", secondsAgo: 600)
    try await bench.run(
      """
      INSERT INTO checkpoints (id, period_start, period_end, status, entries_jsonb, meta_jsonb, created_at, tx_hash) VALUES
        ('nothing', '2026-02-01', '2026-02-02', 'PENDING', NULL, NULL, '2026-02-02', NULL),
        ('null', '2026-02-02', '2026-02-03', 'odd status', 'null', 'null', '2026-02-03', ''),
        ('strange', '0001-01-01', '9999-12-31T23:59:59.999999Z', 'PAID', '[7]', '[]', '2026-02-04', 'x'),
        ('lists', '2026-02-03', '2026-02-04', 'PAID', '[{"crunch": null, "cruncher_rewards": [7, {"cruncher_index": 9},
          {"cruncher_index": 0, "reward_pct": 1e30}, {"cruncher_index": null, "reward_pct": null}]}]',
          '{"ranking": [{"model_id": "a", "rank": 1}, {"model_id": 7}, null, {"rank": 1, "model_id": "b",
          "result_summary": {"x": 1e400, "y": true, "z": "t"}}]}', '2026-02-05', 'x')
      """)
    try await bench.run(
      """
      INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event, values_jsonb, meta_jsonb) VALUES
        ('1', 's', 'é', 'tick', '1s', '0001-01-01', NULL, NULL), ('2', 's', 'é', 'tick', '1s', 'infinity', '[]', '7'),
        ('3', '', '', '', '', '2026-02-13', '{"price": 1e400}', 'null')
      """)
    try await bench.run(
      """
      INSERT INTO feed_ingestion_state (id, source, subject, kind, granularity) VALUES ('1', 's', 'é', 'tick', '1s')
      """)
    try await bench.run(
      """
      INSERT INTO backfill_jobs (id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, status, error) VALUES
        ('j1', 'other', 's', 'k', 'g', '2026-02-01', '2026-02-03', '2026-02-02', 'running', NULL),
        ('j2', 'other', 's', 'k', 'g', '2026-02-03', '2026-02-01', 'infinity', 'strange', 'why')
      """)
    try await bench.run(
      """
      INSERT INTO merkle_cycles (id, snapshots_root, chained_root, snapshot_count, created_at)
        VALUES ('CYC', 'root', 'chained', 1, '2026-02-13')
      """)
    try await bench.run(
      """
      INSERT INTO merkle_nodes (id, cycle_id, level, position, hash, snapshot_id)
        VALUES ('N', 'CYC', 0, 0, 'hash', 'odd1')
      """)
  }

  private static func predictions(_ bench: ReportBench) async throws {
    try await bench.addPrediction("p1", secondsAgo: 60, result: ["value": 0.5])
    try await bench.addPrediction("p2", model: "b", secondsAgo: 50, result: ["value": 2], success: false, reason: "no")
    try await bench.run(
      """
      INSERT INTO predictions (id, input_id, model_id, scope_key, scope_jsonb, status, meta_jsonb, performed_at)
      SELECT id, 'INP', model, id, scope::jsonb, status, meta::jsonb, $1::timestamptz - interval '30 seconds'
      FROM (VALUES
        ('null', 'a', NULL, 'PENDING', NULL), ('list', 'a', '[]', 'strange', '[]'), ('text', 'b', '"x"', 'SCORED', '7'),
        ('deep', 'b', repeat('{"a":', 190) || '1' || repeat('}', 190), 'SCORED', 'null'),
        ('param', 'odd', '{"param": {"a": 1}, "subject": null, "horizon": 1e400}', 'ABSENT', '{"timing": {}}'),
        ('signal', '__ensemble_main__', '{"subject": "BTC"}', 'SCORED',
          '{"weights": {"a": 1.0}, "timing": {"feed_received_us": 1, "persistence_completed_us": 9, "odd": "x"}}')
      ) rows (id, model, scope, status, meta)
      """, [.time(ReportBench.now.microseconds)])
    try await bench.run(
      """
      INSERT INTO scores (id, prediction_id, result_jsonb, success, failed_reason) VALUES
        ('s1', 'null', NULL, NULL, NULL), ('s2', 'list', '[]', NULL, 'r'), ('s3', 'text', '{"value": 1e400}', true, NULL),
        ('s4', 'deep', '{"value": {"a": 1}}', true, NULL), ('s5', 'param', '{"value": 1e300}', true, NULL)
      """)
  }

  private static func snapshots(_ bench: ReportBench) async throws {
    try await bench.run(
      """
      INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, created_at)
      SELECT id, model, $1::timestamptz - interval '1 hour', $1::timestamptz - interval '1 hour', 3, summary::jsonb,
        $1::timestamptz - interval '1 hour'
      FROM (VALUES
        ('odd1', 'a', '{"value": 0.5, "huge": 1e400, "big": 1e300, "flag": true, "text": "x", "none": null, "list": [1],
          "model_id": 7, "model_correlation": 0.9, "prediction_count": 4}'),
        ('odd2', 'b', NULL), ('odd3', 'odd', '[]'),
        ('odd4', '__ensemble_main__', '{"ic": 0.5, "text": "t"}')) rows (id, model, summary)
      """, [.time(ReportBench.now.microseconds)])
    try await bench.run(
      """
      INSERT INTO snapshots (id, model_id, period_start, period_end, result_summary_jsonb, created_at)
      VALUES ('edge', 'odd', '-infinity', 'infinity', '7', 'infinity')
      """)
  }

  /// The path of a route, for each of its things that are there, and one that is not.
  static func paths(_ route: Route) -> [String] {
    guard !route.pathParameters.isEmpty else {
      return route.path.hasSuffix("proof")
        ? ["odd1", "SR1", "none"].map { "\(route.path)?snapshot_id=\($0)" }
        : [route.path, route.path + "?include_ensembles=1&limit=1", route.path + "?cursor=&resolution=60"]
          .filter { path in !path.contains("cursor") || route.operation.parameters.contains { $0.name == "resolution" }
          }
    }
    let ids = [
      "a", "é日²", "good", "nothing", "null", "strange", "lists", "j1", "j2", "CYC", "main", "r1", "CR1", "CR2", "BR2",
      "CYCR1", "none",
    ]
    return ids.map { id in
      route.pathParameters.reduce(route.path) { $0.replacing("{\($1)}", with: id.percentEncoded) }
    }
  }
}
