import Competition
import Testing

@Suite("Moments")
struct TimestampTests {
  /// 2026-02-13 16:27:00 UTC
  private let moment = Timestamp(seconds: 1_771_000_020)

  @Test("a moment has three spellings, with six digits of fraction or none")
  func spellings() {
    let later = moment.adding(seconds: 0.25)
    #expect(moment.iso8601(.naive) == "2026-02-13T16:27:00")
    #expect(moment.iso8601(.z) == "2026-02-13T16:27:00Z")
    #expect(later.iso8601(.offset) == "2026-02-13T16:27:00.250000+00:00")
    #expect(Timestamp(microseconds: moment.microseconds + 1).iso8601(.z) == "2026-02-13T16:27:00.000001Z")
    #expect("\(later)" == "2026-02-13T16:27:00.250000Z")
  }

  @Test("the time in ids is cut, not rounded")
  func ids() {
    let late = moment.adding(seconds: 59.999999)
    #expect(late.idSeconds == "20260213_162759")
    #expect(late.idMilliseconds == "20260213_162759.999")
    #expect(moment.idMilliseconds == "20260213_162700.000")
  }

  @Test(
    "times are read in every spelling of ISO 8601 that occurs",
    arguments: [
      "2026-02-13T16:27:00Z", "2026-02-13T16:27:00", "2026-02-13 16:27", "2026-02-13t16:27:00z",
      "2026-02-13_16:27:00+00:00", "2026-02-13T17:57:00+01:30", "2026-02-13T17:57:00+0130",
      "2026-02-13T11:27:00.000000-05:00", "2026-02-13T16:27:00.0", "2026-02-14T00:27:00.0000009+08:00",
    ])
  func readable(text: String) {
    #expect(Timestamp(iso8601: text) == moment)
  }

  @Test("a date alone is its midnight, and digits after the sixth are cut")
  func dates() {
    #expect(Timestamp(iso8601: "2026-02-13") == Timestamp(seconds: 1_770_940_800))
    #expect(Timestamp(iso8601: "2026-02-13T16:27:00.1234569Z")?.microseconds == moment.microseconds + 123_456)
    #expect(Timestamp(iso8601: "2026-02-13T16:27:00.5Z") == moment.adding(seconds: 0.5))
  }

  @Test(
    "what is no moment is refused",
    arguments: [
      "", "2026", "2026-02", "2026-2-13", "2026-02-30", "2025-02-29", "1900-02-29", "2026-13-01", "2026-00-10",
      "0000-01-01", "2026-02-13T", "2026-02-13T16", "2026-02-13T24:00:00", "2026-02-13T16:60", "2026-02-13T16:27:60",
      "2026-02-13T16:27:00.", "2026-02-13T16:27:00.Z", "2026-02-13T16:27:00Zx", "2026-02-13T16:27:00+24:00",
      "2026-02-13T16:27:00+01:60", "2026-02-13T16:27:00+1", "2026-02-13x16:27", " 2026-02-13", "20260213",
      "2026-02-13T16:27:00 UTC", "1771000020", "２０２６-02-13",
    ])
  func refused(text: String) {
    #expect(Timestamp(iso8601: text) == nil)
  }

  @Test("every day of four centuries has its date, and the date its day")
  func calendar() throws {
    var day = try #require(Timestamp(year: 1801, month: 1, day: 1))
    var fields = (year: 1801, month: 1, day: 1)
    for _ in 0..<146_097 {
      let padded = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
      let text = "\(fields.year)-\(padded(fields.month))-\(padded(fields.day))"
      guard day.iso8601(.naive) == text + "T00:00:00", Timestamp(iso8601: text) == day else {
        Issue.record("\(text) is \(day)")
        return
      }
      day = day.adding(seconds: 86_400)
      fields.day += 1
      if Timestamp(year: fields.year, month: fields.month, day: fields.day) == nil {
        fields = fields.month == 12 ? (fields.year + 1, 1, 1) : (fields.year, fields.month + 1, 1)
      }
    }
    // Such a span holds 97 leap years.
    #expect(fields == (2201, 1, 1))
  }

  @Test("text and moment follow from each other, also before 1970")
  func roundTrip() {
    var numbers = Numbers(state: 9)
    for _ in 0..<2_000 {
      // From 1874 to 2555.
      let time = Timestamp(
        microseconds: Int64(numbers.next(below: 1 << 30)) * 20_000_003 - 3_000_000_000_000_000)
      for zone in [Timestamp.Zone.naive, .z, .offset] { #expect(Timestamp(iso8601: time.iso8601(zone)) == time) }
    }
    #expect(Timestamp(microseconds: -1).iso8601(.z) == "1969-12-31T23:59:59.999999Z")
    #expect(Timestamp(iso8601: "0001-01-01")?.iso8601(.naive) == "0001-01-01T00:00:00")
    #expect(Timestamp(iso8601: "9999-12-31T23:59:59.999999")?.iso8601(.naive) == "9999-12-31T23:59:59.999999")
  }

  @Test("buckets are aligned to UTC, also before 1970")
  func buckets() {
    #expect(moment.adding(seconds: 59.999999).floored(toSeconds: 60) == moment)
    #expect(moment.floored(toSeconds: 60) == moment)
    #expect(Timestamp(microseconds: -1).floored(toSeconds: 60) == Timestamp(seconds: -60))
    #expect(Timestamp(seconds: -60).floored(toSeconds: 60) == Timestamp(seconds: -60))
    #expect(Timestamp(microseconds: -1).seconds == -1)
    #expect(Timestamp(microseconds: 1_999_999).seconds == 1)
  }
}
