import Competition
import Store
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
      try await bench.addPrediction("silent", secondsAgo: 4, result: ["value": 1], success: nil)
      let rows = try await bench.get("/reports/predictions").rows
      #expect(
        rows.first == [
          "model_id": "a", "prediction_config_id": nil, "scope_key": "good",
          "scope": ["subject": "BTC", "resolve_horizon_seconds": 60], "param": "good", "subject": "BTC",
          "horizon": 60, "score_value": 0.5, "score_failed": false, "score_failed_reason": nil,
          "score_success": false, "scored_at": "2026-02-13T12:00:30", "performed_at": "2026-02-13T11:59:30",
        ])
      #expect(rows.map { $0["score_failed"]?.bool } == [false, true, true, false, true])
      #expect(rows.map { $0["score_value"]?.number } == [0.5, 2, nil, nil, 1])
      #expect(rows.map { $0["score_failed_reason"]?.string } == [nil, "raised", "Prediction not scored", nil, nil])
      #expect(rows[2]["scored_at"] == .null)
    }
  }

  @Test("each score of a prediction that has several is a row, and counts in the means; pages leave none out")
  func severalScores() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      // In an hour of its own, between two others.
      for hours in [1, 4] { try await bench.addPrediction("b\(hours)", model: "b", secondsAgo: hours * 3_600 - 60) }
      try await bench.addPrediction("p", secondsAgo: 5_430, result: ["value": 1])
      try await bench.addPrediction("q", secondsAgo: 5_420, result: ["value": 6])
      try await bench.run(
        """
        INSERT INTO scores (id, prediction_id, result_jsonb, success, scored_at)
        SELECT 'again' || n, 'p', jsonb_build_object('value', n), NULL, '2026-02-13T12:00:00Z' FROM generate_series(2, 3) n
        """)
      let path = "/reports/predictions?projectIds=a"
      #expect(try await bench.get(path).rows.map { $0["score_value"]?.number } == [1, 2, 3, 6])
      for path in ["/reports/models/global", "/reports/models/global?projectIds=a"] {
        #expect(try await bench.get(path).rows.first?["score_recent"]?.number == 3, "\(path)")
      }
      let hours = ScoreHours(store: bench.store.report, few: 0)
      let sums = try await hours.windows(
        ReportRange(start: ReportBench.now.adding(seconds: -18_000), end: ReportBench.now), .all,
        cutOffs: [ReportBench.now.adding(seconds: -18_000)], byScope: false, includesEnsembles: false,
        now: ReportBench.now.adding(seconds: 86_400))
      #expect(sums.map(\.means) == [[3]] && sums.map(\.count) == [4])
      for limit in 1...4 {
        var seen: [Double?] = []
        var next: String? = "\(path)&cursor=&limit=\(limit)"
        while let path = next {
          let page = try await bench.get(path)
          seen += page.rows.map { $0["score_value"]?.number }
          next = page.headers["link"]?.split(separator: ">").first.map { String($0.dropFirst()) }
        }
        #expect(seen == [1, 2, 3, 6], "limit \(limit)")
      }
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
