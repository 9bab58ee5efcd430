extension Timestamp {
  /// How a moment ends in text. The report API has three spellings, each load-bearing for some client.
  public enum Zone: Sendable {
    /// No offset: `2026-02-13T12:00:00.250000`.
    case naive
    /// `2026-02-13T12:00:00Z`.
    case z
    /// `2026-02-13T12:00:00+00:00`.
    case offset
  }

  /// ISO 8601 in UTC; the fraction has six digits or is left out when zero.
  public func iso8601(_ zone: Zone) -> String {
    let fields = DateFields(self)
    var text = DigitWriter(fields, date: "-", middle: "T", clock: ":")
    if fields.microsecond != 0 {
      text.write(".")
      text.write(fields.microsecond, 6)
    }
    switch zone {
    case .naive: break
    case .z: text.write("Z")
    case .offset: text.write("+00:00")
    }
    return text.content
  }

  /// `YYYYMMDD_HHMMSS`, the time in ids of snapshots and checkpoints.
  public var idSeconds: String {
    DigitWriter(DateFields(self), date: "", middle: "_", clock: "").content
  }

  /// `YYYYMMDD_HHMMSS.mmm`, the time in ids of inputs and predictions; microseconds are cut, not rounded.
  public var idMilliseconds: String {
    idText(".", DateFields(self).microsecond / 1_000, 3)
  }

  /// `YYYYMMDD_HHMMSS_ffffff`, the time in ids of Merkle cycles.
  public var idMicroseconds: String {
    idText("_", DateFields(self).microsecond, 6)
  }

  private func idText(_ mark: StaticString, _ fraction: Int, _ width: Int) -> String {
    var text = DigitWriter(DateFields(self), date: "", middle: "_", clock: "")
    text.write(mark)
    text.write(fraction, width)
    return text.content
  }

  /// Reads `YYYY-MM-DD`, or a date, one of `T`, `t`, blank or `_`, and `HH:MM[:SS[.ffffff]]` with an optional `Z` or
  /// offset. More than six digits of fraction are cut. No offset means UTC. Anything else is nil.
  public init?(iso8601 text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2), scanner.take("-"),
      let day = scanner.digits(2), let midnight = Timestamp(year: year, month: month, day: day)
    else { return nil }
    if scanner.isAtEnd {
      self = midnight
      return
    }
    guard scanner.take(anyOf: "Tt _"), let hour = scanner.digits(2), hour < 24, scanner.take(":"),
      let minute = scanner.digits(2), minute < 60
    else { return nil }
    var second = 0
    var micros = 0
    if scanner.take(":") {
      guard let value = scanner.digits(2), value < 60 else { return nil }
      second = value
      if scanner.take(".") {
        guard let fraction = scanner.fraction() else { return nil }
        micros = fraction
      }
    }
    guard let offset = scanner.offset(), scanner.isAtEnd else { return nil }
    let seconds = Int64(hour * 3600 + minute * 60 + second - offset)
    self.init(microseconds: midnight.microseconds + seconds * 1_000_000 + Int64(micros))
  }

  /// Midnight UTC of a date of the Gregorian calendar; nil when there is no such day.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...9999).contains(year), (1...12).contains(month), (1...DateFields.days(in: month, of: year)).contains(day)
    else { return nil }
    self.init(seconds: DateFields.daysSince1970(year: year, month: month, day: day) * 86_400)
  }
}

extension Timestamp: CustomStringConvertible {
  public var description: String { iso8601(.z) }
}

/// Writes numbers of a fixed width: times are written for every record and every message.
private struct DigitWriter {
  private var bytes: [UInt8] = []

  /// Begins with a date and a time of day, and what stands between their parts.
  init(_ fields: DateFields, date: StaticString, middle: StaticString, clock: StaticString) {
    bytes.reserveCapacity(40)
    write(fields.year, 4)
    write(date)
    write(fields.month, 2)
    write(date)
    write(fields.day, 2)
    write(middle)
    write(fields.hour, 2)
    write(clock)
    write(fields.minute, 2)
    write(clock)
    write(fields.second, 2)
  }

  var content: String { String(decoding: bytes, as: UTF8.self) }

  mutating func write(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// A number that is wider than `width` is written whole.
  mutating func write(_ value: Int, _ width: Int) {
    let digits = String(value).utf8
    for _ in digits.count..<max(width, digits.count) { bytes.append(UInt8(ascii: "0")) }
    bytes.append(contentsOf: digits)
  }
}

/// A moment's calendar fields in UTC, by the civil-from-days arithmetic on eras of 400 years.
struct DateFields {
  var year, month, day, hour, minute, second, microsecond: Int

  init(_ time: Timestamp) {
    let seconds = time.seconds
    let daySeconds = Int(((seconds % 86_400) + 86_400) % 86_400)
    microsecond = Int(time.microseconds - seconds * 1_000_000)
    (hour, minute, second) = (daySeconds / 3600, daySeconds / 60 % 60, daySeconds % 60)
    let shifted = (seconds - Int64(daySeconds)) / 86_400 + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = Int(shifted - era * 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0)
  }

  static func daysSince1970(year: Int, month: Int, day: Int) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int64(era) * 146_097 + Int64(dayOfEra) - 719_468
  }

  static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// Reads fixed numbers of digits from a text, the grammar of timestamps.
private struct DigitScanner {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { index == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  mutating func take(anyOf characters: String) -> Bool {
    guard index < bytes.count, characters.utf8.contains(bytes[index]) else { return false }
    index += 1
    return true
  }

  mutating func digits(_ count: Int) -> Int? {
    guard index + count <= bytes.count else { return nil }
    var value = 0
    for byte in bytes[index..<index + count] {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    index += count
    return value
  }

  /// The digits that follow as microseconds; those after the sixth are cut.
  mutating func fraction() -> Int? {
    let start = index
    var value = 0
    while index < bytes.count, let digit = digits(1) {
      if index - start <= 6 { value = value * 10 + digit }
    }
    guard index > start else { return nil }
    for _ in min(index - start, 6)..<6 { value *= 10 }
    return value
  }

  /// Seconds east of UTC: 0 at the end of the text or for `Z`; nil when what follows is no offset.
  mutating func offset() -> Int? {
    if isAtEnd || take(anyOf: "Zz") { return 0 }
    let sign = take("+") ? 1 : take("-") ? -1 : 0
    guard sign != 0, let hours = digits(2), hours < 24 else { return nil }
    _ = take(":")
    guard let minutes = digits(2), minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }
}
