import Bus
import Competition
import Diagnosis
import Logging
import Redis
import Store
import TestKit
import Testing

@testable import ReportWorker

@Suite("Live events", .serialized, .timeLimit(.minutes(3)))
struct LiveTests {
  private static func board(_ id: String, _ scores: KeyValuePairs<String, Double>) -> Leaderboard {
    Leaderboard(
      id: id, createdAt: ReportBench.now,
      entries: scores.enumerated().map { index, score in
        [
          "model_id": .string(score.key), "model_name": .string(score.key.uppercased()), "rank": JSON(index + 1),
          "score": ["metrics": ["score_recent": .double(score.value)], "ranking": ["value": .double(score.value)]],
        ]
      })
  }

  @Test("a listener is told everything first, then each change of ranking and payment")
  func changes() async throws {
    try await ReportBench.with(configure: { $0.liveInterval = .milliseconds(20) }) { bench in
      try await bench.store.leaderboards.save(Self.board("L", ["a": 0.5, "b": 0.25, "c": 0.125]))
      try await bench.addCheckpoint("C")
      let listener = try LiveConnections(1, port: bench.port)
      var heard = try await listener.listen { $0.contains("event: streams") }
      #expect(heard[0].contains("HTTP/1.1 200") && heard[0].contains("text/event-stream"))
      let all = try JSON(parsing: try #require(HeardEvents.data(.leaderboard, heard[0]).first))
      #expect(all["complete"] == true)
      #expect(all["rows"]?.array?.compactMap { $0["model_id"]?.string } == ["a", "b", "c"])
      let known = try JSON(parsing: try #require(HeardEvents.data(.checkpoint, heard[0]).first))
      #expect(known["id"] == "C" && known["status"] == "PENDING" && known["previous_status"] == .null)

      try await bench.store.leaderboards.save(Self.board("L", ["b": 0.75, "a": 0.5, "d": 0.1]))
      heard = try await listener.listen(heard) { HeardEvents.data(.leaderboard, $0).count == 2 }
      let news = try JSON(parsing: HeardEvents.data(.leaderboard, heard[0])[1])
      #expect(news["complete"] == false && news["removed"] == ["c"])
      #expect(news["rows"]?.array?.compactMap { $0["previous_rank"]?.int } == [2, 1])
      #expect(news["rows"]?.array?.compactMap { $0["rank"]?.int } == [1, 2, 3])

      try await bench.store.leaderboards.save(Self.board("L", ["b": 0.75, "a": 0.6, "d": 0.1]))
      heard = try await listener.listen(heard) { HeardEvents.data(.leaderboard, $0).count == 3 }
      let one = try JSON(parsing: HeardEvents.data(.leaderboard, heard[0])[2])
      #expect(one["rows"]?.array?.compactMap { $0["model_id"]?.string } == ["a"])

      #expect(
        try await bench.change(.post, "/reports/checkpoints/C/confirm", #"{"tx_hash": "5x"}"#).status == 200)
      heard = try await listener.listen(heard) { HeardEvents.data(.checkpoint, $0).count == 2 }
      let paid = try JSON(parsing: HeardEvents.data(.checkpoint, heard[0])[1])
      #expect(paid["status"] == "SUBMITTED" && paid["previous_status"] == "PENDING")
    }
  }

  @Test("who comes back with the id of an event hears what came after it, and everything when that is not known")
  func resumes() async throws {
    try await ReportBench.with(configure: { $0.liveInterval = .milliseconds(20) }) { bench in
      try await bench.store.leaderboards.save(Self.board("L", ["a": 0.5, "b": 0.25]))
      // It keeps the server looking while the others come and go.
      let steady = try LiveConnections(1, port: bench.port)
      let first = try await steady.listen { HeardEvents.ids($0).count > 3 }
      let id = try #require(HeardEvents.ids(first[0]).last)
      try await bench.store.leaderboards.save(Self.board("L", ["a": 0.5, "b": 0.3]))
      try await bench.addCheckpoint("C")
      // One look may find the checkpoint, and only the next one the ranking.
      _ = try await steady.listen(first) {
        $0.contains(#""id":"C""#) && HeardEvents.data(.leaderboard, $0).count == 2
      }

      let back = try await LiveConnections(1, port: bench.port, lastEventID: id).listen {
        $0.contains(#""id":"C""#) && !HeardEvents.data(.leaderboard, $0).isEmpty
      }
      let missed = HeardEvents.data(.leaderboard, back[0])
      #expect(missed.count == 1 && missed[0].contains(#""complete":false"#) && missed[0].contains("0.3"))

      let stranger = try await LiveConnections(1, port: bench.port, lastEventID: "other-1").listen {
        $0.contains("event: streams")
      }
      #expect(HeardEvents.data(.leaderboard, stranger[0]).first?.contains(#""complete":true"#) == true)
    }
  }

  @Test("a thousand listeners hear every change, and cost the database one look a second together")
  func thousand() async throws {
    let looks = LookCounter()
    let start = ContinuousClock.now
    try await ReportBench.with(pipeline: {
      looks.add()
      return PipelineLook()
    }) { bench in
      try await bench.store.leaderboards.save(Self.board("L", ["a": 0.5, "b": 0.25]))
      let listeners = try LiveConnections(1_000, port: bench.port)
      let heard = try await listeners.listen { $0.contains("event: streams") }
      try await bench.store.leaderboards.save(Self.board("L", ["b": 0.75, "a": 0.5]))
      let all = try await listeners.listen(heard) { HeardEvents.data(.leaderboard, $0).count == 2 }
      #expect(Set(all.map { HeardEvents.data(.leaderboard, $0)[1] }).count == 1)
      #expect(try await bench.get("/healthz").status == 200)
    }
    let seconds = Int((ContinuousClock.now - start) / .seconds(1))
    #expect(looks.count >= 2 && looks.count <= seconds + 2)
  }

  @Test("while nobody listens nothing is looked at")
  func idle() async throws {
    let looks = LookCounter()
    try await ReportBench.with(
      configure: { $0.liveInterval = .milliseconds(5) },
      pipeline: {
        looks.add()
        return PipelineLook()
      }
    ) { bench in
      #expect(try await bench.get("/reports/leaderboard").status == 200)
      #expect(looks.count == 0)
      var listeners: LiveConnections? = try LiveConnections(1, port: bench.port)
      _ = try await listeners?.listen { HeardEvents.ids($0).count > 2 }
      listeners = nil
      // Its going is noticed at the next event; then the looks end.
      try await looks.waitUntilStill()
    }
  }

  @Test("figures of the streams are those of Redis")
  func figures() async throws {
    let prefix = TestRedis.prefix()
    let bus = RedisBus(try TestRedis.configuration, keyPrefix: prefix, clientName: "test")
    try await bus.publish([ScoresReady(inputID: "I", scopeKey: "S", periodStart: ReportBench.now, scored: 3)])
    try await TestDatabase.with { database in
      let look = await PipelineLook.take(bus: bus, store: database.store)
      #expect(look.problems == [])
      let message = PipelineFigures(look: look, rates: PipelineRates()).message
      let figures = try JSON(parsing: message.data)
      let ready = figures["streams"]?.array?.first { $0["stream"] == "scores.ready" }
      #expect(ready?["length"] == 1 && figures["dead_letters"] == 0)
    }
    try await TestRedis.removeAll(prefix)
  }
}
