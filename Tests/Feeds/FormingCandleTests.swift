import Competition
import Testing

@testable import Feeds

@Suite("A candle put together from prices")
struct FormingCandleTests {
  private static let key = FeedKey(source: "pyth", subject: "BTC", kind: .candle, granularity: "1m")

  /// A flat candle of the minute that holds `second`.
  private func flat(_ price: Double, at second: Int64) -> FeedRecord {
    let now = Timestamp(seconds: second)
    let value = JSON.double(price)
    return FeedRecord(
      key: Self.key, eventTime: now.floored(toSeconds: 60), ingestedTime: now,
      values: ["open": value, "high": value, "low": value, "close": value, "volume": 0.0])
  }

  private func take(_ candle: inout FormingCandle, _ price: Double, at second: Int64) -> [FeedRecord] {
    candle.take(flat(price, at: second), published: Timestamp(seconds: second))
  }

  private func shape(_ record: FeedRecord) -> [Double?] {
    ["open", "high", "low", "close"].map { record.values[$0]?.number }
  }

  @Test("it keeps its open and grows to its extremes")
  func grows() throws {
    var candle = FormingCandle()
    for (price, second) in [(10.0, 120), (12, 130), (9, 140)] { _ = take(&candle, price, at: Int64(second)) }
    let last = try #require(take(&candle, 11, at: 150).first)
    #expect(shape(last) == [10, 12, 9, 11])
    #expect(!last.isClosed)
  }

  @Test("the first price of the next candle closes it with its last price")
  func closes() {
    var candle = FormingCandle()
    _ = take(&candle, 10, at: 120)
    _ = take(&candle, 11, at: 179)
    let both = take(&candle, 20, at: 183)
    #expect(both.map(\.isClosed) == [true, false])
    #expect(both.map(shape) == [[10, 11, 10, 11], [20, 20, 20, 20]])
    #expect(both.map(\.eventTime.seconds) == [120, 180])
  }

  @Test("one whose last price is older than its end is not closed: others may have been left out")
  func stale() {
    var candle = FormingCandle()
    _ = take(&candle, 10, at: 120)
    _ = take(&candle, 11, at: 177)
    let both = take(&candle, 20, at: 180)
    #expect(both.map(\.isClosed) == [false, false])
    #expect(both.map(shape) == [[10, 11, 10, 11], [20, 20, 20, 20]])
  }

  @Test("a price of a candle that is closed comes too late")
  func late() {
    var candle = FormingCandle()
    _ = take(&candle, 10, at: 120)
    _ = take(&candle, 20, at: 180)
    #expect(take(&candle, 99, at: 121).isEmpty)
  }

  @Test("a price that is late within its candle moves open and extremes, not the close")
  func lateWithin() throws {
    var candle = FormingCandle()
    _ = take(&candle, 10, at: 130)
    _ = take(&candle, 11, at: 150)
    #expect(take(&candle, 15, at: 140).map(shape) == [[10, 15, 10, 11]])
    #expect(take(&candle, 9, at: 120).map(shape) == [[9, 15, 9, 11]])
    #expect(take(&candle, 20, at: 180).map(shape) == [[9, 15, 9, 11], [20, 20, 20, 20]])
  }
}
