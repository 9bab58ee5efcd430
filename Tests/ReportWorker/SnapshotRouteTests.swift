import Competition
import Testing

@testable import ReportWorker

@Suite("The snapshots' route", .timeLimit(.minutes(2)))
struct SnapshotRouteTests {
  @Test("the newest ones are ascending by their creation, and bounds keep what overlaps")
  func rows() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      // Minutes 0 to 4 of an hour, each of model a; the last also of b.
      try await bench.run(
        """
        INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, created_at)
        SELECT m || i, m, t, t + interval '60 seconds', i, '{"value": 0.5}', t + interval '60 seconds'
        FROM (VALUES (0, 'a'), (1, 'a'), (2, 'a'), (3, 'a'), (4, 'a'), (4, 'b')) rows (i, m)
        CROSS JOIN LATERAL (SELECT timestamptz '2026-02-13T10:00:00Z' + i * interval '1 minute' AS t) times
        """)
      func ids(_ query: String) async throws -> [String?] {
        try await bench.get("/reports/snapshots?" + query).rows.map { $0["id"]?.string }
      }
      #expect(try await ids("") == ["a0", "a1", "a2", "a3", "a4", "b4"])
      #expect(try await ids("model_id=a&limit=2") == ["a3", "a4"])
      #expect(try await ids("model_id=") == [])
      #expect(try await ids("since=2026-02-13T10:04:00&until=2026-02-13T10:03:30Z") == ["a3"])
      #expect(try await ids("until=2026-02-13T10:01:00Z") == ["a0", "a1"])
      #expect(try await bench.get("/reports/snapshots?limit=1001").status == 422)
      #expect(
        try await bench.get("/reports/snapshots?model_id=b").rows.first == [
          "id": "b4", "model_id": "b", "period_start": "2026-02-13T10:04:00", "period_end": "2026-02-13T10:05:00",
          "prediction_count": 4, "result_summary": ["value": 0.5], "created_at": "2026-02-13T10:05:00",
        ])
    }
  }
}
