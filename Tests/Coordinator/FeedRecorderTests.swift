import Competition
import Store
import TestKit
import Testing

@testable import Coordinator

@Suite("What a recording of a feed waits for", .timeLimit(.minutes(1)))
struct FeedRecorderTests {
  private static let begin = Timestamp(seconds: 1_770_000_000)
  private static let tick = FeedKey(source: "s", subject: "X", kind: .tick, granularity: "1s")
  private static let candle = FeedKey(source: "s", subject: "X", kind: .candle, granularity: "1m")

  private static func time(_ second: Int) -> Timestamp { begin.adding(seconds: second) }

  private static func put(_ store: Store, _ key: FeedKey, _ seconds: [Int]) async throws {
    let step = key.kind == .candle ? 60 : 0
    let records = seconds.map { second in
      FeedRecord(
        key: key, eventTime: time(second), ingestedTime: time(second + step), values: ["price": 1.0],
        meta: ["closed": true])
    }
    try await store.feeds.ingest(records, phase: "listen")
  }

  /// A recorder with a grace of 100 s, and what it has next, in seconds.
  private static func with(
    _ key: FeedKey, to end: Int? = nil,
    _ body:
      @Sendable (Store, inout FeedRecorder, (inout FeedRecorder, Int, Bool) async throws -> [Int]) async throws -> Void
  ) async throws {
    try await TestDatabase.with(.schema) { database in
      let store = database.store
      var recorder = FeedRecorder(keys: [key], from: begin, to: end.map(time), graceSeconds: 100)
      try await body(store, &recorder) { recorder, now, waits in
        try await recorder.next(store, now: time(now), waits: waits).map { Int($0.eventTime.seconds(since: begin)) }
      }
    }
  }

  @Test("ticks that fill a gap are recorded before those that follow it, and the end waits for them")
  func filled() async throws {
    try await Self.with(Self.tick, to: 20) { store, recorder, next in
      try await Self.put(store, Self.tick, [1])
      try await store.gaps.note(Self.time(2)...Self.time(9), of: Self.tick, nextSeconds: 60)
      try await Self.put(store, Self.tick, [10, 11])
      #expect(try await next(&recorder, 80, true) == [1])
      #expect(try await next(&recorder, 80, true) == [])
      #expect(!recorder.isOver(now: Self.time(80)))
      try await Self.put(store, Self.tick, [5])
      try await store.gaps.filled(Self.tick, from: Self.time(2), through: Self.time(9))
      #expect(try await next(&recorder, 80, true) == [5, 10, 11])
      #expect(recorder.isOver(now: Self.time(80)) && recorder.gapsPassed == 0)
    }
  }

  @Test(
    "a gap that nobody fills is passed after the grace time, or when the recording ends, and counted",
    arguments: [true, false])
  func passed(waits: Bool) async throws {
    try await Self.with(Self.tick) { store, recorder, next in
      try await store.gaps.note(Self.time(2)...Self.time(9), of: Self.tick, nextSeconds: 60)
      try await Self.put(store, Self.tick, [1, 10])
      #expect(try await next(&recorder, 108, true) == [1])
      #expect(recorder.gapsPassed == 0)
      #expect(try await next(&recorder, waits ? 109 : 108, waits) == [10])
      #expect(recorder.gapsPassed == 1)
    }
  }

  @Test("a hole between candles is waited for before and after the feed worker has seen it")
  func candles() async throws {
    try await Self.with(Self.candle) { store, recorder, next in
      try await Self.put(store, Self.candle, [0, 180])
      #expect(try await next(&recorder, 250, true) == [0])
      _ = try await store.gaps.look(at: Self.candle, since: Self.begin, stepSeconds: 60)
      #expect(try await next(&recorder, 279, true) == [])
      try await Self.put(store, Self.candle, [60, 120])
      _ = try await store.gaps.look(at: Self.candle, since: Self.begin, stepSeconds: 60)
      #expect(try await next(&recorder, 279, true) == [60, 120, 180])
      #expect(recorder.gapsPassed == 0)
    }
  }
}
