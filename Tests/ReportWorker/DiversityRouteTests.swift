import Competition
import Testing

@testable import ReportWorker

@Suite("The routes of diversity", .timeLimit(.minutes(2)))
struct DiversityRouteTests {
  /// Two snapshots of model a, of which the older one says something else, one of b, and one of an ensemble.
  private static func fill(_ bench: ReportBench) async throws {
    try await bench.addModels()
    try await bench.run(
      """
      INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, created_at)
      SELECT m || i, m, t, t + interval '1 minute', 1, summary::jsonb, t
      FROM (VALUES
        (1, 'a', '{"ic": 0.1, "model_correlation": 0.95}'), (2, 'a', '{"ic": 0.2, "model_correlation": 0.25}'),
        (1, 'b', '{"model_correlation": 0.8, "contribution": -0.5}'),
        (1, '__ensemble_main__', '{"model_correlation": 0}')) rows (i, m, summary)
      CROSS JOIN LATERAL (SELECT timestamptz '2026-02-13T10:00:00Z' + i * interval '1 minute' AS t) times
      """)
  }

  @Test("a model's newest snapshot says how much it differs and what follows; without one it is 404")
  func ofModel() async throws {
    try await ReportBench.with { bench in
      try await Self.fill(bench)
      let report = try await bench.get("/reports/models/a/diversity").json
      #expect(report["diversity_score"] == 0.75 && report["snapshot_period_end"] == "2026-02-13T10:03:00Z")
      #expect(report["metrics"]?["ic"] == 0.2 && report["metrics"]?["fnc"] == .null && report["rank"] == .null)
      #expect(report["guidance"]?.array?.first?.string?.hasPrefix("Low correlation + positive IC") == true)
      let none = try await bench.get("/reports/models/nobody/diversity")
      #expect(none.status == 404)
      #expect(none.json["detail"] == "No snapshots found for model 'nobody'")
    }
  }

  @Test("the overview has participants' models only, the most diverse first")
  func overview() async throws {
    try await ReportBench.with { bench in
      try await Self.fill(bench)
      let rows = try await bench.get("/reports/diversity").rows
      #expect(rows.map { $0["model_id"] } == ["a", "b"])
      #expect(rows.first?["diversity_score"] == 0.75 && rows.last?["contribution"] == -0.5)
      #expect(try await bench.get("/reports/diversity?limit=1").rows.count == 1)
      #expect(try await bench.get("/reports/diversity?limit=201").status == 422)
    }
  }
}
