import Competition
import Testing

@Suite("Granularities")
struct GranularityTests {
  @Test("a number and a unit are a length")
  func lengths() {
    let lengths = ["1s": 1, "15s": 15, "1m": 60, "5m": 300, "1h": 3_600, "4h": 14_400, "1d": 86_400]
    for (text, seconds) in lengths {
      #expect(Granularity(text)?.seconds == seconds, "\(text)")
      #expect(Granularity(text)?.description == text)
    }
  }

  @Test(
    "anything else is none, also a length that no clock can count",
    arguments: [
      "", "m", "0m", "-1m", "1", "1w", "1M", "1.5m", "1 m", " 1m", "1m ", "1mm", "tick",
      "9223372036854775807d", "9223372036854775807s", "99999999999999m",
    ])
  func refused(text: String) {
    #expect(Granularity(text) == nil)
  }

  @Test("a number of seconds is told in the largest unit that says it whole")
  func spelling() {
    let texts = [1: "1s", 60: "1m", 90: "90s", 3_600: "1h", 5_400: "90m", 86_400: "1d", 172_800: "2d", 90_000: "25h"]
    for (seconds, text) in texts {
      #expect(Granularity(seconds: seconds).text == text)
      #expect(Granularity(text)?.seconds == seconds)
    }
  }

  @Test("a candle is known at its close, a tick at its moment")
  func known() {
    let time = Timestamp(seconds: 1_771_000_020)
    func record(_ kind: FeedKind, _ granularity: String) -> FeedRecord {
      FeedRecord(
        key: FeedKey(source: "s", subject: "A", kind: kind, granularity: granularity), eventTime: time,
        ingestedTime: time, values: [:])
    }
    #expect(record(.candle, "5m").knownTime == time.adding(seconds: 300))
    #expect(record(.tick, "5m").knownTime == time)
  }

  @Test("a candle is closed when its provider says so, else when it was taken in at or after its end")
  func closed() {
    let time = Timestamp(seconds: 1_771_000_020)
    func isClosed(_ ingested: Double, _ meta: JSONObject = [:], kind: FeedKind = .candle) -> Bool {
      FeedRecord(
        key: FeedKey(source: "s", subject: "A", kind: kind, granularity: "1m"), eventTime: time,
        ingestedTime: time.adding(seconds: ingested), values: [:], meta: meta
      ).isClosed
    }
    #expect(!isClosed(59.999999) && isClosed(60))
    #expect(isClosed(5, ["closed": true]) && !isClosed(500, ["closed": false]))
    #expect(isClosed(60, ["closed": "no"]) && !isClosed(5, ["closed": nil]))
    #expect(isClosed(0, kind: .tick))
  }
}
