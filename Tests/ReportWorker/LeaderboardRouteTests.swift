import Competition
import Store
import Testing

@testable import ReportWorker

@Suite("The leaderboard's routes", .timeLimit(.minutes(2)))
struct LeaderboardRouteTests {
  private static func entry(_ model: String, rank: JSON?, score: JSON = ["metrics": [:], "ranking": [:]]) -> JSONObject
  {
    var entry: JSONObject = ["model_id": .string(model), "model_name": "N", "cruncher_name": "C", "score": score]
    if let rank { entry["rank"] = rank }
    return entry
  }

  @Test("without a leaderboard there is an empty list")
  func empty() async throws {
    try await ReportBench.with { bench in
      let reply = try await bench.get("/reports/leaderboard")
      #expect(reply.status == 200)
      #expect(reply.text == "[]")
      #expect(reply.headers["content-type"] == "application/json")
    }
  }

  @Test("the newest one is shown by rank, each metric under both of its names, ensembles only when asked for")
  func rows() async throws {
    try await ReportBench.with { bench in
      let score: JSON = [
        "metrics": ["score_recent": 0.25, "text": "1.5", "flag": true, "word": "x"],
        "ranking": ["key": "score_recent", "value": 0.25, "direction": "desc"],
      ]
      try await bench.store.leaderboards.save(
        Leaderboard(id: "old", createdAt: ReportBench.now.adding(seconds: -60), entries: [Self.entry("z", rank: 1)]))
      try await bench.store.leaderboards.save(
        Leaderboard(
          id: "new", createdAt: ReportBench.now,
          entries: [
            Self.entry("c", rank: nil), Self.entry("b", rank: 2), Self.entry("__ensemble_main__", rank: 3),
            Self.entry("a", rank: 1, score: score), Self.entry("d", rank: .null, score: .null),
          ]))
      let rows = try await bench.get("/reports/leaderboard").rows
      #expect(rows.map { $0["model_id"]?.string } == ["a", "b", "c", "d"])
      #expect(rows.map { $0["rank"]?.int } == [1, 2, 999_999, 999_999])
      let first = try #require(rows.first)
      #expect(first["created_at"] == "2026-02-13T12:00:00Z")
      #expect(first["score_metrics"] == score["metrics"])
      #expect(first["score_ranking"] == score["ranking"])
      #expect(first["score_recent"]?.number == 0.25)
      #expect(first["score_score_recent"]?.number == 0.25)
      #expect(first["text"]?.number == 1.5)
      #expect(first["flag"]?.number == 1)
      #expect(first["word"] == .null)
      #expect(rows.last?["score_metrics"] == [:])

      let all = try await bench.get("/reports/leaderboard?include_ensembles=yes").rows
      #expect(all.map { $0["model_id"]?.string } == ["a", "b", "__ensemble_main__", "c", "d"])
      #expect(try await bench.get("/reports/leaderboard?include_ensembles=perhaps").status == 422)
    }
  }

  @Test("a long one stops at 20,000 rows, and a link leads on")
  func pages() async throws {
    try await ReportBench.with { bench in
      try await bench.run(
        """
        INSERT INTO leaderboards (id, created_at, entries_jsonb)
        SELECT 'L', now(), jsonb_agg(jsonb_build_object('model_id', 'm' || i, 'rank', i))
        FROM generate_series(1, 20003) i
        """)
      let first = try await bench.get("/reports/leaderboard?include_ensembles=false")
      #expect(first.rows.count == 20_000)
      #expect(
        first.headers["link"] == #"</reports/leaderboard?include_ensembles=false&cursor=20000>; rel="next""#)
      let second = try await bench.get("/reports/leaderboard?include_ensembles=false&cursor=20000")
      #expect(second.rows.map { $0["rank"]?.int } == [20_001, 20_002, 20_003])
      #expect(second.headers["link"] == nil)
      let plain = try await bench.get("/reports/leaderboard")
      #expect(plain.rows.count == 20_000)
      #expect(plain.headers["link"] == #"</reports/leaderboard?cursor=20000>; rel="next""#)
    }
  }
}
