import Competition
import Testing

@testable import ReportWorker

@Suite("Gaps in feeds")
struct FeedGapTests {
  private static func records(_ minutes: [Int], kind: FeedKind = .candle) -> [FeedRecord] {
    let key = FeedKey(source: "s", subject: "S", kind: kind, granularity: "1m")
    return minutes.map {
      FeedRecord(
        key: key, eventTime: ReportBench.now.adding(seconds: 60 * $0), ingestedTime: ReportBench.now, values: [:])
    }
  }

  @Test("candles that are not there are counted between those that are")
  func gaps() {
    let gaps = FeedGaps.gaps(Self.records([0, 1, 2, 5, 6, 8]))
    #expect(gaps.map(\.missing) == [2, 1])
    #expect(gaps.first?.after == ReportBench.now.adding(seconds: 120))
    #expect(gaps.first?.until == ReportBench.now.adding(seconds: 300))
    #expect(FeedGaps.gaps(Self.records([0, 1, 2])) == [] && FeedGaps.gaps([]) == [])
  }

  @Test("ticks come when they come")
  func ticks() { #expect(FeedGaps.gaps(Self.records([0, 9], kind: .tick)) == []) }
}
