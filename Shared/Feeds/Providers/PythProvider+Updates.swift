import Competition

extension PythProvider {
  /// A price that was published, as a tick or as a flat candle of its bucket.
  struct Update: Sendable, Hashable {
    var published: Timestamp
    var record: FeedRecord
  }

  struct Updates: Sendable, Hashable {
    var taken: [Update] = []
    /// Why others, which make no sense, are left out.
    var rejected: [String] = []
    /// Why others are left out by a setting.
    var refused: [String] = []
  }

  /// The updates of one feed in Hermes' `parsed`, those of the request's span.
  static func updates(
    _ parsed: JSON, id: String, _ request: FeedRequest, _ quality: PriceQuality = PriceQuality()
  ) -> Updates {
    var updates = Updates()
    for item in parsed.array ?? [] {
      guard let found = item["id"]?.string, bare(found) == bare(id) else { continue }
      guard let price = item["price"]?["price"]?.price, let exponent = item["price"]?["expo"]?.wholeNumber,
        (-30...30).contains(exponent)
      else {
        updates.rejected.append("an update without price or exponent")
        continue
      }
      let published = item["price"]?["publish_time"]?.epochSeconds ?? request.end ?? request.now
      let value = price * power(of: exponent)
      guard value.isFinite, value > 0 else {
        updates.rejected.append("a price that is no number above 0")
        continue
      }
      if let start = request.start, published < start.floored(toSeconds: 1) { continue }
      if let end = request.end, published > end { continue }
      let confidence = item["price"]?["conf"]?.amount.map { $0 * power(of: exponent) }
      let meta = quality.meta(price: value, confidence: confidence, published: published, now: request.now)
      if let reason = quality.refusal(of: meta) {
        updates.refused.append(reason)
        continue
      }
      updates.taken.append(
        Update(published: published, record: record(of: value, published: published, meta: meta, request)))
    }
    return updates
  }

  private static func record(
    of price: Double, published: Timestamp, meta: JSONObject, _ request: FeedRequest
  ) -> FeedRecord {
    let isCandle = request.key.kind == .candle
    let flat: JSONObject = [
      "open": .double(price), "high": .double(price), "low": .double(price), "close": .double(price), "volume": 0.0,
    ]
    return FeedRecord(
      key: request.key,
      eventTime: isCandle ? published.floored(toSeconds: bucketSeconds(request.key.granularity)) : published,
      ingestedTime: request.now, values: isCandle ? flat : ["price": .double(price)], meta: meta)
  }

  /// Ids come with `0x` in settings and without it in answers.
  private static func bare(_ id: String) -> String {
    let lower = id.lowercased()
    return lower.hasPrefix("0x") ? String(lower.dropFirst(2)) : lower
  }

  private static func power(of exponent: Int64) -> Double { Double("1e\(exponent)") ?? 0 }

  static func bucketSeconds(_ granularity: String) -> Int { Granularity(granularity)?.seconds ?? 60 }
}
