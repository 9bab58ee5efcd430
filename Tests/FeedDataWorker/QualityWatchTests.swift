import Competition
import Feeds
import Store
import TestKit
import Testing

@testable import FeedDataWorker

@Suite("What is odd about records", .timeLimit(.minutes(3)))
struct QualityWatchTests {
  private static let now = Timestamp(seconds: 1_790_000_000)

  private static func record(_ second: Int, close: Double = 100, closed: Bool = true) -> FeedRecord {
    FeedRecord(
      key: FeedBench.key, eventTime: now.adding(seconds: second), ingestedTime: now, values: ["close": .double(close)],
      meta: ["closed": .bool(closed)])
  }

  private static func kinds(
    _ watch: inout QualityWatch, _ records: [FeedRecord], isPast: Bool = false
  ) -> [FeedFinding.Kind] {
    watch.findings(in: records, isPast: isPast, now: now).map(\.kind)
  }

  @Test("a price far from the one before is an outlier, one near it is none")
  func outliers() {
    var watch = QualityWatch(key: FeedBench.key, outlierFraction: 0.1)
    #expect(Self.kinds(&watch, [Self.record(-9), Self.record(-8, close: 109), Self.record(-7, close: 100)]) == [])
    let found = watch.findings(in: [Self.record(-6, close: 120)], isPast: false, now: Self.now)
    #expect(found.map(\.kind) == [.outlier] && found.first?.eventTime == Self.now.adding(seconds: -6))
    #expect(found.first?.detail["before"] == 100.0 && found.first?.detail["price"] == 120.0)
    // It counts as the price from now on: the way back is one more, what stays is none.
    #expect(Self.kinds(&watch, [Self.record(-5, close: 121)]) == [])
  }

  @Test("a forming candle that moves is no outlier against itself")
  func forming() {
    var watch = QualityWatch(key: FeedBench.key, outlierFraction: 0.1)
    let records = [Self.record(-1, closed: false), Self.record(-1, close: 150, closed: false)]
    #expect(records.flatMap { Self.kinds(&watch, [$0]) } == [])
  }

  @Test("records of the future, late ones and revised ones are told; the past of a new feed is not late")
  func others() {
    var watch = QualityWatch(key: FeedBench.key, outlierFraction: 0.1)
    #expect(Self.kinds(&watch, (-20 ... -15).map { Self.record($0) }, isPast: true) == [])
    #expect(Self.kinds(&watch, [Self.record(5)]) == [.clockSkew])
    let late = watch.findings(in: (-9 ... -5).map { Self.record($0) }, isPast: false, now: Self.now)
    #expect(late.map(\.kind) == [.late] && late.first?.detail["records"] == 5)
    #expect(Self.kinds(&watch, [Self.record(-16, close: 101)]) == [.revised])
    #expect(Self.kinds(&watch, [Self.record(-16, close: 101)]) == [])
  }

  @Test("findings of what is taken in are stored, each once")
  func stored() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      bench.provider.put(bench.seconds(-5 ... -3))
      bench.provider.put(bench.seconds(-2 ... -1), close: 2)
      for _ in 0..<2 {
        var progress = FeedProgress(key: FeedBench.key)
        try await bench.poller.advance(&progress)
      }
      let found = try await database.store.findings.list(limit: 10)
      #expect(found.map(\.kind) == [.outlier] && found.first?.foundAt != nil)
      #expect(found.first?.eventTime == Timestamp(seconds: Int64(FeedBench.start - 2)))
      #expect(found.first?.detail["change"] == 1.0)
    }
  }
}
