import Bus
import Competition
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("What the leader does", .timeLimit(.minutes(3)))
struct LeaderDutiesTests {
  /// A task of minute 0 that is scored, and one of minute 0 that keeps its bucket open.
  private func openBucket(_ bench: ScoreBench) async throws {
    try await bench.price(100, at: 0)
    try await bench.price(110, at: 1)
    let task = try await bench.addTask("I1", answers: ["a": 1, "b": -1])
    _ = try await bench.scorer().handle([task])
    try await bench.addTask("open", answers: ["c": 1])
  }

  private func ranking(_ bench: ScoreBench) async throws -> [String] {
    try await bench.store.leaderboards.newest()?.entries.compactMap { $0["model_id"]?.string } ?? []
  }

  @Test("snapshots are provisional while their bucket is open, and then sealed")
  func provisionalThenSealed() async throws {
    try await ScoreBench.with { bench in
      try await openBucket(bench)
      let duties = bench.duties()
      try await duties.turn()
      let provisional = try await bench.snapshots()
      #expect(provisional.count == 2 && provisional.allSatisfy { $0.hasSuffix(" provisional") })
      #expect(try await ranking(bench) == ["a", "b"])

      _ = try await bench.store.predictions.fail(["open-c"], reason: "late")
      try await waitUntil("the bucket is sealed") {
        try await duties.turn()
        return try await bench.snapshots().allSatisfy { $0.hasSuffix(" sealed") }
      }
      #expect(try await ranking(bench) == ["a", "b"])
    }
  }

  @Test("undone work is published again in the first turn, and at once when the bus lost everything")
  func sweeps() async throws {
    try await ScoreBench.with { bench in
      try await openBucket(bench)
      let duties = bench.duties()
      try await duties.turn()
      #expect(try await bench.published() == ["open"])
      await bench.bus.flushAll()
      try await duties.turn()
      #expect(try await bench.published() == ["open"])
    }
  }

  @Test("entries that are kept for people leave the room of a short stream to work")
  func room() async throws {
    try await ScoreBench.with { bench in
      let consumer = try bench.bus.consumer(of: ScoreTask.self, name: "one", settings: ConsumerSettings())
      try bench.bus.publish(Array(repeating: try await bench.addTask(), count: 100))
      try await consumer.acknowledge(try await consumer.read(count: 100, wait: .zero).deliveries.map(\.id))
      try await bench.duties(streamLength: 100).turn()
      #expect(try bench.bus.status().stream(.predictionsPending)?.length == 25)
    }
  }

  @Test("news of scores shows on the leaderboard, and is acknowledged")
  func news() async throws {
    try await ScoreBench.with { bench in
      try await openBucket(bench)
      let duties = bench.duties()
      try await duties.turn()
      try await bench.price(121, at: 2)
      let next = try await bench.addTask("I2", at: bench.minute(1), answers: ["b": 1, "c": 0.5])
      _ = try await bench.scorer().handle([next])
      try await waitUntil("the new scores are shown") {
        try await duties.turn()
        return try await ranking(bench) == ["a", "c", "b"]
      }
      let group = try await bench.bus.status().streams.first { $0.stream == .scoresReady }?.groups.first
      #expect(group?.pending == 0 && group?.lag == 0)
    }
  }

  @Test("a leaderboard is written when it changes, and at most one row a bucket")
  func rows() async throws {
    try await ScoreBench.with { bench in
      try await openBucket(bench)
      let began = try await bench.store.now().floored(toSeconds: 60)
      let duties = bench.duties()
      try await duties.turn()
      let first = try #require(await bench.store.leaderboards.newest())
      for _ in 0..<10 { try await duties.turn() }
      #expect(try await bench.store.leaderboards.newest() == first)
      for minute in 2..<5 {
        try await bench.price(100 + Double(minute), at: minute)
        let task = try await bench.addTask("I\(minute)", at: bench.minute(minute - 1), answers: ["c": 1])
        _ = try await bench.scorer().handle([task])
        let before = try #require(await bench.store.leaderboards.newest())
        try await waitUntil("the change is written") {
          try await duties.turn()
          return try await bench.store.leaderboards.newest() != before
        }
      }
      let buckets = Int(try await bench.store.now().seconds(since: began)) / 60 + 1
      #expect(try await bench.count("SELECT count(*) FROM leaderboards") <= buckets)
    }
  }

  @Test("a worker that leads later shows the same leaderboard at the same data")
  func successor() async throws {
    try await ScoreBench.with { bench in
      try await openBucket(bench)
      _ = try await bench.store.predictions.fail(["open-c"], reason: "late")
      let first = bench.duties("one")
      try await first.turn()
      try await first.end()
      let before = try #require(await bench.store.leaderboards.newest()).entries
      try await bench.store.pool.query("DELETE FROM leaderboards")
      let second = bench.duties("two")
      await second.begin()
      try await second.turn()
      #expect(try await bench.store.leaderboards.newest()?.entries == before)
    }
  }

  @Test("a model whose snapshots are older than every window is still there after a restart, with zeros")
  func silentModel() async throws {
    try await ScoreBench.with { bench in
      try await openBucket(bench)
      try await bench.store.pool.query(
        """
        INSERT INTO snapshots
          (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, sealed_at)
        SELECT 'old' || n, 'c', now() - n * interval '10 days', now() - n * interval '10 days', 1,
          jsonb_build_object('value', n), now()
        FROM generate_series(1, 2) n
        """)
      try await bench.duties().turn()
      let board = try #require(await bench.store.leaderboards.newest())
      let old = try #require(board.entries.first { $0["model_id"] == "c" })
      #expect(old["score"]?["metrics"]?["score_anchor"]?.number == 0)
      #expect(old["score"]?["metrics"]?["value"]?.number == 1)
    }
  }
}
