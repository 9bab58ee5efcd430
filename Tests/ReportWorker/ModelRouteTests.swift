import Competition
import Testing

@testable import ReportWorker

@Suite("The models' routes", .timeLimit(.minutes(2)))
struct ModelRouteTests {
  @Test("every model is listed with its player")
  func models() async throws {
    try await ReportBench.with { bench in
      #expect(try await bench.get("/reports/models").text == "[]")
      try await bench.addModels()
      let rows = try await bench.get("/reports/models").rows
      #expect(
        rows.first { $0["model_id"] == "a" } == [
          "model_id": "a", "model_name": "Alpha", "cruncher_name": "Ada", "cruncher_id": "p1",
          "deployment_id": "run-a",
        ])
      #expect(Set(rows.compactMap { $0["model_id"]?.string }) == ["a", "b", "__ensemble_main__"])
    }
  }

  private static let hour = 3_600

  @Test("rolling scores are the means of the valid scores of each window, by the model's first prediction")
  func global() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      try await bench.addPrediction("b1", model: "b", secondsAgo: 100 * Self.hour, result: ["value": 4])
      try await bench.addPrediction("a1", secondsAgo: 50 * Self.hour, result: ["value": 1])
      try await bench.addPrediction("a2", secondsAgo: 24 * Self.hour, result: ["value": 3])
      try await bench.addPrediction("a3", secondsAgo: 10, result: ["value": 7], success: false, reason: "raised")
      try await bench.addPrediction("a4", secondsAgo: 9, result: ["value": nil])
      try await bench.addPrediction("a5", secondsAgo: 8, result: ["value": "words"])
      try await bench.addPrediction("a6", secondsAgo: 7)
      try await bench.addPrediction("b2", model: "b", secondsAgo: 6, result: ["value": " 8e0 "])
      try await bench.addPrediction("e", model: "__ensemble_main__", secondsAgo: 5, result: ["value": 9])
      let rows = try await bench.get("/reports/models/global").rows
      #expect(rows.map { $0["model_id"]?.string } == ["b", "a"])
      let a = try #require(rows.last)
      #expect(a["score_metrics"] == ["score_recent": 3.0, "score_steady": 2.0, "score_anchor": 2.0])
      #expect(a["score_recent"]?.number == 3)
      #expect(a["score_score_recent"]?.number == 3)
      #expect(a["score_ranking"] == ["key": "score_recent", "value": 3.0, "direction": "desc"])
      #expect(a["performed_at"] == "2026-02-13T11:59:53")
      #expect(rows.first?["score_metrics"] == ["score_recent": 8.0, "score_steady": 8.0, "score_anchor": 6.0])
      #expect(try await bench.get("/reports/models/global?include_ensembles=1").rows.count == 3)
    }
  }

  @Test("rows are per scope key where it is asked for, with the scope of the newest prediction")
  func params() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      try await bench.addPrediction("p1", scopeKey: "ETH-60", secondsAgo: 30, result: ["value": 1])
      try await bench.addPrediction("p2", scopeKey: "BTC-300", secondsAgo: 20, result: ["value": 3])
      let rows = try await bench.get("/reports/models/params").rows
      #expect(rows.map { $0["scope_key"]?.string } == ["ETH-60", "BTC-300"])
      #expect(rows.map { $0["score_recent"]?.number } == [1, 3])
      #expect(rows.first?["scope"] == ["subject": "BTC", "resolve_horizon_seconds": 60])
      #expect(rows.first?["subject"] == "BTC")
      #expect(rows.first?["horizon"] == 60)
      #expect(rows.first?["param"] == "ETH-60")
    }
  }

  @Test("the range and the models that are asked for are those that count")
  func filters() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      try await bench.addPrediction("a1", secondsAgo: 100, result: ["value": 1])
      try await bench.addPrediction("b1", model: "b", secondsAgo: 50, result: ["value": 3])
      try await bench.addPrediction("b2", model: "b", secondsAgo: 8 * 86_400, result: ["value": 3])
      func ids(_ query: String) async throws -> [String?] {
        try await bench.get("/reports/models/global?" + query).rows.map { $0["model_id"]?.string }
      }
      #expect(try await ids("projectIds=b") == ["b"])
      #expect(try await ids("projectIds=%20a%20,b&projectIds=nobody") == ["a", "b"])
      #expect(try await ids("projectIds=") == [])
      #expect(try await ids("start=2026-02-13T11:59:00Z") == ["b"])
      #expect(try await ids("end=2026-02-13T11:58:20") == ["a"])
      #expect(try await ids("start=2026-02-01") == ["b", "a"])
      #expect(try await bench.get("/reports/models/global?start=yesterday&end=13").status == 422)
    }
  }
}
