import Competition
import Testing
import VectorKit

@testable import ReportWorker

@Suite("The routes of rewards", .timeLimit(.minutes(2)))
struct RewardRouteTests {
  @Test("each ranked model of the newest checkpoints is a row, by period and rank")
  func rewards() async throws {
    try await ReportBench.with { bench in
      #expect(try await bench.get("/reports/checkpoints/rewards").text == "[]")
      try await bench.addCheckpoint("old", secondsAgo: 7_200)
      try await bench.addCheckpoint("new", secondsAgo: 0)
      let rows = try await bench.get("/reports/checkpoints/rewards").rows
      #expect(rows.map { $0["checkpoint_id"] } == ["old", "old", "new", "new"])
      #expect(
        rows[2] == [
          "checkpoint_id": "new", "period_start": "2026-02-13T11:00:00Z", "period_end": "2026-02-13T12:00:00Z",
          "model_id": "a", "model_name": nil, "rank": 1, "reward_pct": 65.0, "prediction_count": 0,
        ])
      #expect(try await bench.get("/reports/checkpoints/rewards?limit=1").rows.count == 2)
      let own = try await bench.get("/reports/checkpoints/rewards?model_id=b").rows
      #expect(own.map { $0["reward_pct"]?.number } == [35, 35])
      #expect(try await bench.get("/reports/checkpoints/rewards?model_id=").rows == [])
      #expect(try await bench.get("/reports/checkpoints/rewards?limit=0").status == 422)
    }
  }

  @Test("prizes share a sum as a checkpoint says, also the newest one")
  func prizes() async throws {
    try await ReportBench.with { bench in
      for path in ["C/prizes", "latest/prizes"] {
        #expect(try await bench.get("/reports/checkpoints/" + path).status == 404)
      }
      #expect(try await bench.get("/reports/checkpoints/latest/prizes").detail == "No checkpoints found")
      try await bench.addCheckpoint("C", secondsAgo: 0)
      let prizes = try await bench.get("/reports/checkpoints/C/prizes?total_prize=1001").rows
      #expect(
        prizes == [
          ["prizeId": "C-a", "timestamp": 1_770_984_000, "model": "a", "prize": 651],
          ["prizeId": "C-b", "timestamp": 1_770_984_000, "model": "b", "prize": 350],
        ])
      #expect(try await bench.get("/reports/checkpoints/C/prizes").rows.map { $0["prize"] } == [0, 0])
      let latest = try await bench.get("/reports/checkpoints/latest/prizes?total_prize=1001").json
      #expect(
        latest == [
          "checkpoint_id": "C", "status": "PENDING", "period_start": "2026-02-13T11:00:00+00:00",
          "period_end": "2026-02-13T12:00:00+00:00", "total_prize": 1_001, "prizes": .array(prizes),
        ])
      #expect(try await bench.get("/reports/checkpoints/C/prizes?total_prize=x").status == 422)
    }
  }

  @Test("report, prizes and page give a share to the place that its index names, in whatever order they are stored")
  func byIndex() async throws {
    try await ReportBench.with { bench in
      try await bench.addCheckpoint("C", secondsAgo: 0)
      try await bench.run(
        """
        UPDATE checkpoints SET entries_jsonb = '[{"crunch": "k", "cruncher_rewards": [
          {"cruncher_index": 2, "reward_pct": 250000000}, {"cruncher_index": 0, "reward_pct": 750000000}]}]',
          meta_jsonb = '{"ranking": [{"model_id": "a", "rank": 1}, {"model_id": "b", "rank": 2},
            {"model_id": "c", "rank": 3}]}'
        """)
      let rows = try await bench.get("/reports/checkpoints/rewards").rows
      #expect(rows.map { $0["reward_pct"] } == [75.0, .null, 25.0])
      let prizes = try await bench.get("/reports/checkpoints/C/prizes?total_prize=100").rows
      #expect(prizes.map { $0["model"] } == ["c", "a"] && prizes.map { $0["prize"] } == [25, 75])
      let page = try await bench.get("/checkpoints/C").text
      let row = /<td class="number">(\d+)<\/td><th scope="row"><a href="\/models\/(\w)">.*?(\d+\.\d+) %/
      let shares = page.matches(of: row)
      #expect(shares.map { "\($0.1) \($0.2) \($0.3)" } == ["1 a 75.0000", "3 c 25.0000"], "\(page)")
    }
  }
}
