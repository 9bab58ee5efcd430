import Competition
import Testing

@testable import ReportWorker

@Suite("The ensembles' routes", .timeLimit(.minutes(2)))
struct EnsembleRouteTests {
  private static func fill(_ bench: ReportBench) async throws {
    try await bench.addModels()
    try await bench.run("INSERT INTO models (id, name) VALUES ('__ensemble_top_5__', 'top_5')")
    try await bench.run(
      """
      INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, created_at)
      SELECT m || i, m, $1::timestamptz - (i + 1) * interval '1 minute', $1::timestamptz - i * interval '1 minute', i,
        '{"ic": 0.5, "text": "x"}', $1
      FROM (VALUES (1, '__ensemble_main__'), (2, '__ensemble_main__'), (3, '__ensemble_top_5__'), (4, 'a')) rows (i, m)
      """, [.time(ReportBench.now.microseconds)])
    try await bench.run(
      """
      INSERT INTO predictions
        (id, input_id, model_id, scope_key, scope_jsonb, status, inference_output_jsonb, meta_jsonb, performed_at)
      SELECT 'e' || i, 'INP', '__ensemble_main__', 's' || i, '{"subject": "BTC"}', status, '{"value": 1.5}',
        '{"weights": {"a": 0.25, "b": 0.75}}', $1::timestamptz - i * interval '1 minute'
      FROM (VALUES (1, 'PENDING'), (2, 'SCORED'), (3, 'SCORED')) rows (i, status)
      """, [.time(ReportBench.now.microseconds)])
  }

  @Test("their history is the newest snapshots, ascending, all or those of one")
  func history() async throws {
    try await ReportBench.with { bench in
      try await Self.fill(bench)
      let rows = try await bench.get("/reports/ensemble/history").rows
      #expect(rows.map { $0["ensemble_name"] } == ["top_5", "main", "main"])
      #expect(
        rows.last == [
          "ensemble_name": "main", "model_id": "__ensemble_main__", "period_start": "2026-02-13T11:58:00",
          "period_end": "2026-02-13T11:59:00", "performed_at": "2026-02-13T11:59:00", "prediction_count": 1, "ic": 0.5,
        ])
      func names(_ query: String) async throws -> [JSON?] {
        try await bench.get("/reports/ensemble/history?" + query).rows.map { $0["ensemble_name"] }
      }
      #expect(try await names("ensemble_name=main") == ["main", "main"])
      #expect(try await names("ensemble_name=none") == [])
      #expect(try await names("limit=1") == ["main"])
      #expect(try await names("until=2026-02-13T11:57:00") == ["top_5", "main"])
      #expect(try await names("since=2026-02-13T11:58:30") == ["main"])
      #expect(try await bench.get("/reports/ensemble/history?limit=501").status == 422)
    }
  }

  @Test("one that another tool named without underscores at its end is found by the name that is shown")
  func otherNames() async throws {
    try await ReportBench.with { bench in
      try await Self.fill(bench)
      try await bench.run("INSERT INTO models (id, name) VALUES ('__ensemble_odd', 'odd')")
      try await bench.run(
        "UPDATE snapshots SET model_id = '__ensemble_odd' WHERE model_id = '__ensemble_top_5__'")
      try await bench.run("UPDATE predictions SET model_id = '__ensemble_odd' WHERE id = 'e3'")
      let history = try await bench.get("/reports/ensemble/history?ensemble_name=odd").rows
      #expect(history.map { $0["ensemble_name"] } == ["odd"] && history.first?["model_id"] == "__ensemble_odd")
      #expect(try await bench.get("/signals/ensemble/odd").json["model_id"] == "__ensemble_odd")
      #expect(try await bench.get("/signals/ensemble/odd/history").rows.map { $0["scope_key"] } == ["s3"])
    }
  }

  @Test("their signals are the newest snapshot of each, and the scored predictions of one, newest first")
  func signals() async throws {
    try await ReportBench.with { bench in
      try await Self.fill(bench)
      let all = try await bench.get("/signals/ensemble").rows
      #expect(
        all.first == [
          "name": "main", "model_id": "__ensemble_main__", "period_end": "2026-02-13T11:59:00Z",
          "prediction_count": 1, "metrics": ["ic": 0.5],
        ])
      #expect(all.map { $0["name"] } == ["main", "top_5"])
      #expect(
        try await bench.get("/signals/ensemble/main").json == [
          "ensemble": "main", "model_id": "__ensemble_main__", "signal": ["value": 1.5],
          "performed_at": "2026-02-13T11:58:00Z", "scope": ["subject": "BTC"], "scope_key": "s2",
          "weights": ["a": 0.25, "b": 0.75], "input_id": "INP",
        ])
      for name in ["top_5", "nobody", "%00"] {
        let none = try await bench.get("/signals/ensemble/" + name)
        #expect(none.status == 404)
      }
      #expect(
        try await bench.get("/signals/ensemble/nobody").detail == "No predictions found for ensemble 'nobody'")
      let history = try await bench.get("/signals/ensemble/main/history").rows
      #expect(history.map { $0["scope_key"] } == ["s2", "s3"])
      #expect(
        try await bench.get("/signals/ensemble/main/history?since=2026-02-13T11:57:30").rows.map { $0["scope_key"] }
          == ["s2"])
      #expect(try await bench.get("/signals/ensemble/nobody/history").text == "[]")
    }
  }
}
