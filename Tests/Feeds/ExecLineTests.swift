import Competition
import Testing

@testable import Feeds

@Suite("A line of a program")
struct ExecLineTests {
  private static let now = Timestamp(seconds: 1_770_000_090)
  private static func key(_ subject: String, _ kind: FeedKind) -> FeedKey {
    FeedKey(source: "exec", subject: subject, kind: kind, granularity: "1m")
  }
  private static func line(_ kind: FeedKind, strict: Bool = false) -> ExecLine {
    ExecLine(
      keys: ["A": key("A", kind), "B": key("B", kind)], quality: PriceQuality(isStrict: strict))
  }

  @Test(
    "is a tick with its time in seconds or in ISO 8601",
    arguments: ["1770000000.25", "\"2026-02-02T02:40:00.25Z\"", "\"2026-02-02T03:40:00.25+01:00\""])
  func tick(time: String) throws {
    let record = try Self.line(.tick).record("{\"subject\":\"B\",\"ts\":\(time),\"price\":\"5.5\"}", now: Self.now)
    #expect(record.key == Self.key("B", .tick))
    #expect(record.eventTime == Timestamp(milliseconds: 1_770_000_000_250))
    #expect(record.values == ["price": 5.5])
  }

  @Test("has the quantity of a trade where it is told")
  func quantity() throws {
    func values(_ quantity: String) throws -> JSONObject {
      try Self.line(.tick).record(
        "{\"subject\":\"A\",\"ts\":1770000089,\"price\":5,\"quantity\":\(quantity)}", now: Self.now
      ).values
    }
    #expect(try values("\"2.5\"")["quantity"]?.number == 2.5)
    #expect(throws: ExecLine.Fault.self) { try values("-1") }
    #expect(throws: ExecLine.Fault.self) { try values("\"many\"") }
  }

  @Test("is a candle, closed when it says so or when its time is over")
  func candle() throws {
    func record(_ more: String, ts: Int = 1_770_000_000) throws -> FeedRecord {
      try Self.line(.candle).record(
        "{\"subject\":\"A\",\"ts\":\(ts),\"open\":2,\"high\":4,\"low\":1,\"close\":3,\"volume\":7\(more)}",
        now: Self.now)
    }
    #expect(try record("").isClosed)
    #expect(try !record("", ts: 1_770_000_060).isClosed)
    #expect(try !record(",\"closed\":false").isClosed)
    #expect(try record("").values == ["open": 2.0, "high": 4.0, "low": 1.0, "close": 3.0, "volume": 7.0])
  }

  @Test("needs no subject where there is but one")
  func only() throws {
    let line = ExecLine(keys: ["A": Self.key("A", .tick)], quality: PriceQuality())
    #expect(try line.record("{\"ts\":1770000000,\"price\":1}", now: Self.now).key.subject == "A")
  }

  @Test("whose price is uncertain or stale is flagged, and refused when the setting says so")
  func quality() throws {
    for (text, flag) in [
      ("{\"subject\":\"A\",\"ts\":1770000089,\"price\":100,\"confidence\":2}", "uncertain"),
      ("{\"subject\":\"A\",\"ts\":1770000000,\"price\":100}", "stale"),
    ] {
      #expect(try Self.line(.tick).record(text, now: Self.now).meta[flag]?.bool == true)
      #expect(throws: ExecLine.Fault.self) { try Self.line(.tick, strict: true).record(text, now: Self.now) }
    }
  }

  @Test(
    "that is no record says why",
    arguments: [
      ("hello", "no JSON"), ("[]", "no JSON object"), ("{\"ts\":1,\"price\":1}", "subject is missing"),
      ("{\"subject\":\"C\",\"ts\":1,\"price\":1}", "subject C is none of FEED_SUBJECTS"),
      ("{\"subject\":\"A\",\"price\":1}", "ts is missing"),
      ("{\"subject\":\"A\",\"ts\":\"noon\",\"price\":1}", "ts is missing"),
      ("{\"subject\":\"A\",\"ts\":-5,\"price\":1}", "ts is missing"),
      ("{\"subject\":\"A\",\"ts\":1e300,\"price\":1}", "ts is missing"),
      ("{\"subject\":\"A\",\"ts\":1}", "price is missing or no number above 0"),
      ("{\"subject\":\"A\",\"ts\":1,\"price\":NaN}", "price is missing or no number above 0"),
      ("{\"subject\":\"A\",\"ts\":1,\"price\":-1}", "price is missing or no number above 0"),
      ("{\"subject\":\"A\",\"ts\":1,\"price\":1,\"meta\":{\"x\":Infinity}}", "meta has a number that is not finite"),
    ])
  func faults(text: String, reason: String) {
    let fault = #expect(throws: ExecLine.Fault.self) { try Self.line(.tick).record(text, now: Self.now) }
    #expect(fault?.description.contains(reason) == true, "\(fault?.description ?? "")")
  }

  @Test(
    "that is no candle says why",
    arguments: [
      ("\"ts\":1770000001,\"open\":1,\"high\":1,\"low\":1,\"close\":1", "ts is not the start of a 1m candle"),
      ("\"ts\":1770000000,\"open\":1,\"high\":1,\"low\":1", "close is missing or no number above 0"),
      ("\"ts\":1770000000,\"open\":1,\"high\":2,\"low\":1,\"close\":3", "not between low and high"),
      ("\"ts\":1770000000,\"open\":1,\"high\":2,\"low\":1,\"close\":1,\"volume\":-1", "volume is no number"),
      (
        "\"ts\":1770000000,\"open\":1,\"high\":2,\"low\":1,\"close\":1,\"closed\":1", "closed is neither true nor false"
      ),
    ])
  func candleFaults(fields: String, reason: String) {
    let fault = #expect(throws: ExecLine.Fault.self) {
      try Self.line(.candle).record("{\"subject\":\"A\",\(fields)}", now: Self.now)
    }
    #expect(fault?.description.contains(reason) == true, "\(fault?.description ?? "")")
  }
}
