import Competition
import Feeds
import Logging
import Store
import TestKit
import Testing

@testable import FeedDataWorker
@testable import ServiceKit

@Suite("The keeper of gaps", .timeLimit(.minutes(3)))
struct GapKeeperTests {
  static func keeper(_ bench: FeedBench, patience: GapPatience = GapPatience(first: 0)) -> GapKeeper {
    GapKeeper(
      keys: [bench.poller.key], provider: bench.provider, store: bench.store, duty: SoleDuty(),
      pace: RequestPace(requestsPerSecond: 10_000), lookBackSeconds: 60, keepDays: 90, logger: Logger(label: "test"),
      pause: .milliseconds(5), firstLookSeconds: 0, patience: patience,
      now: { [provider = bench.provider] in provider.now })
  }

  /// Stores these seconds after the start, as if they had come.
  private static func store(_ seconds: [Int], _ bench: FeedBench) async throws {
    let records = seconds.map { second in
      FeedRecord(
        key: FeedBench.key, eventTime: Timestamp(seconds: Int64(FeedBench.start + second)),
        ingestedTime: bench.provider.now, values: ["close": 1.0], meta: ["closed": true])
    }
    try await bench.store.feeds.ingest(records, phase: "listen")
  }

  /// A feed with seconds missing, an hour after they were.
  private static func with(_ stored: [Int], _ body: @Sendable (FeedBench) async throws -> Void) async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      bench.provider.advance(3_600)
      try await store(stored, bench)
      try await body(bench)
    }
  }

  private func gaps(_ bench: FeedBench) async throws -> [[String]] {
    try await bench.store.gaps.list(includesRepaired: true, limit: 100).reversed().map {
      [
        String(Int($0.from.seconds) - FeedBench.start), String(Int($0.to.seconds) - FeedBench.start),
        String($0.missing), $0.state.rawValue,
      ]
    }
  }

  @Test("what is missing is found, fetched and stored without anybody doing anything, and announced to nobody")
  func filled() async throws {
    try await Self.with(Array(0...9) + Array(15...20) + [22]) { bench in
      bench.provider.put(bench.seconds(0...22))
      let keeper = Self.keeper(bench)
      let running = Task { try await keeper.run() }
      try await waitUntil("no gap is left") { try await bench.stored() == Array(0...22) }
      try await waitUntil("both are noted") { try await gaps(bench).map(\.last) == ["repaired", "repaired"] }
      running.cancel()
      #expect(try await gaps(bench) == [["10", "15", "5", "repaired"], ["21", "22", "1", "repaired"]])
      #expect(try await bench.store.gaps.list(includesRepaired: true, limit: 9).allSatisfy { $0.repairedAt != nil })
      #expect(try await bench.announced().isEmpty)
      // What is there was not asked for.
      #expect(bench.provider.requests.allSatisfy { ($0.start?.seconds ?? 0) >= FeedBench.start + 10 })
    }
  }

  @Test("what the provider has of a gap is stored, and what is left is a gap of its own")
  func partly() async throws {
    try await Self.with([0, 10]) { bench in
      bench.provider.put(bench.seconds(4...5))
      let keeper = Self.keeper(bench, patience: GapPatience(first: 3_600))
      _ = try await keeper.keep(FeedBench.key, since: nil)
      #expect(try await gaps(bench) == [["1", "4", "3", "open"], ["6", "10", "4", "open"]])
      bench.provider.put(bench.seconds(1...9))
      _ = try await bench.store.gaps.repair(
        try await bench.store.gaps.list(includesRepaired: false, limit: 9).map(\.id))
      _ = try await keeper.keep(FeedBench.key, since: nil)
      #expect(try await gaps(bench).map(\.last) == ["repaired", "repaired"])
      #expect(try await bench.stored() == Array(0...10))
    }
  }

  @Test("what the provider has nothing of is asked for ever more rarely, then no more, until somebody asks for it")
  func absent() async throws {
    try await Self.with([0, 3]) { bench in
      let paused = Self.keeper(bench, patience: GapPatience(first: 3_600))
      for _ in 0..<5 { _ = try await paused.keep(FeedBench.key, since: nil) }
      #expect(bench.provider.requests.count == 1)
      try await bench.store.pool.query("UPDATE feed_gaps SET next_look_at = now()")
      let patient = Self.keeper(bench, patience: GapPatience(first: 0, looks: 4))
      for _ in 0..<9 { _ = try await patient.keep(FeedBench.key, since: nil) }
      #expect(bench.provider.requests.count == 4)
      let gap = try #require(try await bench.store.gaps.list(includesRepaired: false, limit: 9).first)
      #expect(gap.state == .absent && gap.looks == 4 && gap.reason?.contains("has nothing") == true)
      bench.provider.put(bench.seconds(1...2))
      #expect(try await bench.store.gaps.repair([gap.id]) == 1)
      _ = try await patient.keep(FeedBench.key, since: nil)
      #expect(try await gaps(bench) == [["1", "3", "2", "repaired"]])
      let pauses = (1...12).map { GapPatience().pause(looks: $0) }
      #expect(pauses == pauses.sorted() && pauses.first == 60 && pauses.last == 21_600)
      #expect((40_000...100_000).contains(pauses.reduce(0, +)))
    }
  }

  @Test("a provider that fails makes no gap absent; the reason is told")
  func failing() async throws {
    try await Self.with([0, 3]) { bench in
      bench.provider.put(bench.seconds(0...3))
      bench.provider.fail("away")
      let keeper = Self.keeper(bench, patience: GapPatience(first: 0, looks: 2))
      for _ in 0..<5 { _ = try await keeper.keep(FeedBench.key, since: nil) }
      let gap = try #require(try await bench.store.gaps.list(includesRepaired: false, limit: 9).first)
      #expect(gap.state == .open && gap.looks == 0 && gap.reason == "away")
      bench.provider.fail(nil)
      _ = try await keeper.keep(FeedBench.key, since: nil)
      #expect(try await gaps(bench) == [["1", "3", "2", "repaired"]])
    }
  }

  @Test(
    "an answer that makes no sense makes no gap absent, of candles or of ticks; the reason is told",
    arguments: [true, false])
  func rubbish(ofCandles: Bool) async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store, key: ofCandles ? FeedBench.key : FeedBench.ticks)
      bench.provider.advance(3_600)
      let times = [1, 2].map { Timestamp(seconds: Int64(FeedBench.start + $0)) }
      if ofCandles {
        try await Self.store([0, 3], bench)
      } else {
        try await bench.store.gaps.note(times[0]...times[1], of: FeedBench.ticks, nextSeconds: 0)
      }
      let keeper = Self.keeper(bench, patience: GapPatience(first: 0, looks: 2))
      func keep() async throws {
        if ofCandles {
          _ = try await keeper.keep(FeedBench.key, since: nil)
        } else {
          try await keeper.keep(FeedBench.ticks)
        }
      }
      bench.provider.reject(["the answer is no list"])
      for _ in 0..<5 { try await keep() }
      let gap = try #require(try await bench.store.gaps.list(includesRepaired: true, limit: 9).first)
      #expect(gap.state == .open && gap.looks == 0)
      #expect(gap.reason == "the provider's answer makes no sense: the answer is no list")
      bench.provider.reject([])
      bench.provider.put(bench.seconds(1...2))
      try await keep()
      #expect(try await gaps(bench).map(\.last) == ["repaired"])
    }
  }

  @Test("what somebody else fetches repairs a gap, however old; a later look begins where the one before ended")
  func elsewhere() async throws {
    try await Self.with([0, 3]) { bench in
      let keeper = Self.keeper(bench, patience: GapPatience(first: 3_600))
      let next = try await keeper.keep(FeedBench.key, since: nil)
      #expect(next == Timestamp(seconds: Int64(FeedBench.start + 3)))
      try await Self.store([1, 2, 6], bench)
      _ = try await keeper.keep(FeedBench.key, since: next)
      #expect(try await gaps(bench) == [["1", "3", "2", "repaired"], ["4", "6", "2", "open"]])
      try await bench.store.gaps.forget(before: bench.provider.now)
      #expect(try await gaps(bench).isEmpty)
    }
  }
}
