import Competition
import Testing

@testable import ReportWorker

@Suite("The predictions' route", .timeLimit(.minutes(2)))
struct PredictionRouteTests {
  @Test("predictions are ascending by their time, scored or not, with the reason where there is no score")
  func rows() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      try await bench.addPrediction("late", secondsAgo: 10)
      try await bench.addPrediction("good", secondsAgo: 30, result: ["value": 0.5])
      try await bench.addPrediction("bad", secondsAgo: 20, result: ["value": 2], success: false, reason: "raised")
      try await bench.addPrediction("odd", secondsAgo: 5, result: ["value": "x"])
      let rows = try await bench.get("/reports/predictions").rows
      #expect(
        rows.first == [
          "model_id": "a", "prediction_config_id": nil, "scope_key": "good",
          "scope": ["subject": "BTC", "resolve_horizon_seconds": 60], "param": "good", "subject": "BTC",
          "horizon": 60, "score_value": 0.5, "score_failed": false, "score_failed_reason": nil,
          "score_success": false, "scored_at": "2026-02-13T12:00:30", "performed_at": "2026-02-13T11:59:30",
        ])
      #expect(rows.map { $0["score_failed"]?.bool } == [false, true, true, false])
      #expect(rows.map { $0["score_value"]?.number } == [0.5, 2, nil, nil])
      #expect(rows.map { $0["score_failed_reason"]?.string } == [nil, "raised", "Prediction not scored", nil])
      #expect(rows[2]["scored_at"] == .null)
    }
  }

  @Test("a failed prediction says why in the place of the score's reason")
  func failed() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      try await bench.addPrediction("f", secondsAgo: 10, reason: "late")
      #expect(try await bench.get("/reports/predictions").rows.first?["score_failed_reason"] == "late")
    }
  }

  @Test("a range of more than 20,000 is thinned evenly, whole moments of dispatch at a time")
  func thinned() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      try await bench.run(
        """
        INSERT INTO predictions (id, input_id, model_id, scope_key, status, performed_at)
        SELECT m || i, 'INP', m, 's' || i, 'PENDING', $1::timestamptz - i * interval '40 seconds'
        FROM generate_series(1, 15000) i CROSS JOIN (VALUES ('a'), ('b')) models (m)
        """, [.time(ReportBench.now.microseconds)])
      let rows = try await bench.get("/reports/predictions").rows
      #expect(rows.count <= 20_000)
      #expect(rows.count >= 3_000)
      let times = rows.compactMap { $0["performed_at"]?.string }
      #expect(times == times.sorted())
      let counts = Dictionary(grouping: times) { $0 }.mapValues(\.count)
      #expect(Set(counts.values) == [2])
      let days = Dictionary(grouping: counts.keys) { $0.prefix(10) }.mapValues(\.count)
      let whole = days.filter { $0.key > "2026-02-06" && $0.key < "2026-02-13" }.values
      #expect((whole.max() ?? 0) - (whole.min() ?? 0) <= 2)
    }
  }
}
