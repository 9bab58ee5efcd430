import Competition

/// One line that a program prints: `{"subject", "ts", "price", "quantity"}` of a tick, whose quantity may be left out, `{"subject", "ts", "open", "high", "low", "close",
/// "volume", "closed"}` of a candle; both may have `confidence` and `meta`.
struct ExecLine {
  /// Why a line is no record.
  struct Fault: Error, Hashable, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }

  /// By subject.
  let keys: [String: FeedKey]
  let quality: PriceQuality

  /// - Throws: `Fault`
  func record(_ text: String, now: Timestamp) throws -> FeedRecord {
    let line: JSON
    do { line = try JSON(parsing: Array(text.utf8), nonFinite: .accept) } catch { throw Fault("no JSON: \(error)") }
    guard line.object != nil else { throw Fault("no JSON object") }
    let key = try key(line["subject"])
    guard let time = line["ts"].flatMap(Self.time) else {
      throw Fault("ts is missing, or neither seconds since 1970 nor an ISO 8601 time")
    }
    let values = try key.kind == .candle ? candle(line, at: time, key) : tick(line)
    guard let last = (values["close"] ?? values["price"])?.number else { throw Fault("no price") }
    var meta = line["meta"]?.object ?? [:]
    guard JSON.object(meta).isFinite else { throw Fault("meta has a number that is not finite") }
    if key.kind == .candle, let closed = line["closed"] {
      guard let isClosed = closed.bool else { throw Fault("closed is neither true nor false") }
      meta[FeedRecord.closedMetaKey] = .bool(isClosed)
    }
    let record = FeedRecord(key: key, eventTime: time, ingestedTime: now, values: values, meta: meta)
    let told = quality.meta(
      price: last, confidence: line["confidence"]?.amount, published: min(record.knownTime, now), now: now)
    if let reason = quality.refusal(of: told) { throw Fault(reason) }
    return FeedRecord(key: key, eventTime: time, ingestedTime: now, values: values, meta: meta.merging(told))
  }

  private func key(_ subject: JSON?) throws -> FeedKey {
    if subject == nil, keys.count == 1, let only = keys.values.first { return only }
    guard let name = subject?.string else { throw Fault("subject is missing") }
    guard let key = keys[name] else { throw Fault("subject \(name.prefix(40)) is none of FEED_SUBJECTS") }
    return key
  }

  private func tick(_ line: JSON) throws -> JSONObject {
    var values: JSONObject = ["price": .double(try price("price", line))]
    guard let told = line["quantity"] else { return values }
    guard let quantity = told.amount, quantity >= 0 else { throw Fault("quantity is no number of at least 0") }
    values["quantity"] = .double(quantity)
    return values
  }

  private func candle(_ line: JSON, at time: Timestamp, _ key: FeedKey) throws -> JSONObject {
    let size = Granularity(key.granularity)?.seconds ?? 1
    guard time == time.floored(toSeconds: size) else {
      throw Fault("ts is not the start of a \(key.granularity) candle")
    }
    let (open, high) = (try price("open", line), try price("high", line))
    let (low, close) = (try price("low", line), try price("close", line))
    guard low <= min(open, close), high >= max(open, close) else {
      throw Fault("open or close is not between low and high")
    }
    guard let volume = (line["volume"] ?? 0).amount, volume >= 0 else {
      throw Fault("volume is no number of at least 0")
    }
    return [
      "open": .double(open), "high": .double(high), "low": .double(low), "close": .double(close),
      "volume": .double(volume),
    ]
  }

  private func price(_ name: String, _ line: JSON) throws -> Double {
    guard let price = line[name]?.price else { throw Fault("\(name) is missing or no number above 0") }
    return price
  }

  private static func time(_ value: JSON) -> Timestamp? {
    if let text = value.string { return Timestamp(iso8601: text) }
    guard let seconds = value.number, (0..<253_402_300_800).contains(seconds) else { return nil }
    return Timestamp(seconds: 0).adding(seconds: seconds)
  }
}
