import Competition
import Postgres
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("Where truths come from", .timeLimit(.minutes(3)))
struct TruthSourceTests {
  private func request(_ bench: ScoreBench, _ input: String = "INP", at minute: Int = 0, horizonSeconds: Int = 60)
    -> TruthSource.Request
  {
    TruthSource.Request(
      key: TaskKey(inputID: input, scopeKey: ScoreBench.scopeKey), performedAt: bench.minute(minute),
      resolvableAt: bench.minute(minute).adding(seconds: horizonSeconds), scope: ScoreBench.scope)
  }

  private func resolved(_ decision: TruthDecision?) -> GroundTruth? {
    if case .resolved(let truth) = decision { truth } else { nil }
  }

  @Test("at horizon 0 the input is the truth, and no feed is needed")
  func horizonZero() async throws {
    try await ScoreBench.with { bench in
      let task = try await bench.addTask(
        horizonSeconds: 0, rawData: ["symbol": "BTC", "profit": 0.25], answers: ["a": 0.5])
      _ = try await bench.scorer().handle([task])
      let ending = try await bench.ending(of: "INP-a")
      #expect(ending.status == "SCORED" && ending.value == 0.125)
      let truths = try await bench.store.truths.load([TaskKey(of: task)])
      #expect(truths.map(\.value) == [["symbol": "BTC", "profit": 0.25]])
    }
  }

  @Test("a truth that was used once holds, also when the feed's records change or go")
  func immutable() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      try await bench.addTask()
      let request = request(bench)
      let first = try #require(resolved(try await bench.truths().decisions(for: [request])[request.key]))
      #expect(first.value["profit"] == 0.1)
      try await bench.price(200, at: 1)
      #expect(resolved(try await bench.truths().decisions(for: [request])[request.key]) == first)
      try await bench.store.pool.query("DELETE FROM feed_records")
      #expect(resolved(try await bench.truths().decisions(for: [request])[request.key]) == first)
    }
  }

  @Test("ticks around a gap that the feed worker has noted make no truth before it is filled")
  func gapOfTicks() async throws {
    try await ScoreBench.with { bench in
      let key = FeedKey(source: "test", subject: "BTC", kind: .tick, granularity: "1s")
      func tick(_ second: Int, _ price: Double) async throws {
        let time = bench.start.adding(seconds: second)
        try await bench.store.feeds.ingest(
          [
            FeedRecord(
              key: key, eventTime: time, ingestedTime: bench.start.adding(seconds: 1_790),
              values: ["price": .double(price)])
          ],
          phase: "listen")
      }
      for (second, price) in [(0, 100.0), (50, 110), (70, 130)] { try await tick(second, price) }
      try await bench.store.gaps.note(
        bench.start.adding(seconds: 51)...bench.start.adding(seconds: 69), of: key, nextSeconds: 0)
      try await bench.addTask()
      var request = request(bench)
      request.scope["kind"] = "tick"
      request.scope["granularity"] = "1s"
      guard case .wait = try await bench.truths().decisions(for: [request])[request.key] else {
        Issue.record("a truth was made of a feed with a gap")
        return
      }
      try await tick(59, 120)
      try await bench.store.gaps.filled(key, from: bench.start, through: bench.start.adding(seconds: 69))
      let truth = try #require(resolved(try await bench.truths().decisions(for: [request])[request.key]))
      #expect(truth.value["resolved_price"] == 120.0)
    }
  }

  @Test("two horizons of one input have a truth each")
  func twoHorizons() async throws {
    try await ScoreBench.with { bench in
      for (minute, price) in [(0, 100.0), (1, 110), (2, 80)] { try await bench.price(price, at: minute) }
      let short = try await bench.addTask(answers: ["a": 1])
      _ = try await bench.store.predictions.record([
        Prediction(
          id: "long", inputID: "INP", modelID: "a", configID: nil, scopeKey: "BTC-120", scope: ScoreBench.scope,
          status: .pending, output: ["value": 1], performedAt: bench.start, resolvableAt: bench.minute(2))
      ])
      var long = short
      long.scopeKey = "BTC-120"
      long.resolvableAt = bench.minute(2)
      _ = try await bench.scorer().handle([short, long])
      #expect(try await bench.ending(of: "INP-a").value == 0.1)
      #expect(try await bench.ending(of: "long").value == -0.2)
    }
  }

  @Test("tasks of different times and feeds that are resolved together have the truth each has alone")
  func together() async throws {
    try await ScoreBench.with { bench in
      for minute in 0...12 { try await bench.price(100 + Double(minute * minute), at: minute) }
      for minute in 0..<12 { try await bench.addTask("I\(minute)", at: bench.minute(minute)) }
      let requests = (0..<12).map { request(bench, "I\($0)", at: $0) }
      let together = try await bench.truths().decisions(for: requests)
      try await bench.store.pool.query("DELETE FROM ground_truths")
      for (minute, request) in requests.enumerated() {
        let alone = try #require(resolved(try await bench.truths().decisions(for: [request])[request.key]))
        let other = try #require(resolved(together[request.key]))
        #expect(alone.value == other.value && alone.recordsDigest == other.recordsDigest)
        #expect(alone.value["entry_price"] == .double(100 + Double(minute * minute)))
        #expect(alone.value["resolved_price"] == .double(100 + Double((minute + 1) * (minute + 1))))
      }
    }
  }

  @Test("a gap is waited for while it may be repaired; after the grace the older record stands in")
  func gap() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.addTask()
      let request = request(bench)
      // The candle that ends at minute 1 is missing; the feed went on a moment ago.
      try await bench.price(130, at: 2, ingested: bench.store.now())
      guard case .wait = try await bench.truths().decisions(for: [request])[request.key] else {
        Issue.record("the gap is not waited for")
        return
      }
      let truth = try #require(
        resolved(try await bench.truths(graceSeconds: 0).decisions(for: [request])[request.key]))
      #expect(truth.value["profit"]?.number == 0)
    }
  }

  @Test("rows of other tools whose scope names no feed are resolved from the node's own")
  func foreignScope() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      try await bench.addTask()
      var request = request(bench)
      request.scope = [:]
      #expect(
        resolved(try await bench.truths().decisions(for: [request])[request.key])?.value["profit"] == 0.1)
    }
  }
}
