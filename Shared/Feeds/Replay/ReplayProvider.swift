import Competition

/// Replays a file of real prices on the wall clock, `FEED_OPT_SPEED` times as fast: daily candles at 86,400 become one a
/// second; of the file what lies between `FEED_OPT_FROM` and `FEED_OPT_TO`. Gaps close up. Times follow from an anchor that is stored, so that a restart goes on where it would be.
actor ReplayProvider: FeedProvider {
  private let series: ReplaySeries
  private let speed: Double
  private let isLooping: Bool
  private let sourceGranularity: Granularity
  private let backfillSeconds: Int
  private var clocks: [String: ReplayClock] = [:]

  init(_ options: FeedOptions, backfillSeconds: Int) throws {
    guard let path = options.text("path") else {
      throw FeedError(
        "FEED_OPT_PATH is missing; expected a CSV, JSON lines or Parquet file of candles or ticks", isTransient: false)
    }
    var series = try ReplaySeries(path: path, defaultSubject: options.text("subject"))
    speed = try options.number("speed", default: 1, atLeast: 0.001)
    isLooping = try options.flag("loop", default: true)
    let from = try options.time("from")
    let to = try options.time("to")
    series.keep { time in from.map { time >= $0 } ?? true && to.map { time < $0 } ?? true }
    let text = options.text("granularity") ?? series.granularity ?? "1m"
    guard let granularity = Granularity(text) else {
      throw options.wrong("granularity", text, "the granularity of the file, as 1m or 1d")
    }
    sourceGranularity = granularity
    self.series = series
    self.backfillSeconds = backfillSeconds
  }

  func subjects() -> [FeedSubject] {
    series.rows.keys.sorted().map {
      FeedSubject(symbol: $0, kinds: ["candle", "tick"], granularities: [sourceGranularity.text], metadata: [:])
    }
  }

  func prepare(_ key: FeedKey, stored: JSONObject, now: Timestamp) throws -> JSONObject {
    guard let rows = series.rows[key.subject] else {
      throw FeedError(
        "FEED_SUBJECTS has \(key.subject); the file has \(series.rows.keys.sorted().joined(separator: ", "))",
        isTransient: false)
    }
    let step = Double(sourceGranularity.seconds) / speed
    guard step >= 1, step == step.rounded() else {
      throw FeedError(
        "FEED_OPT_SPEED \(speed) makes \(sourceGranularity) into \(step) s; whole seconds are needed",
        isTransient: false)
    }
    let expected = Granularity(seconds: Int(step))
    guard Granularity(key.granularity)?.seconds == expected.seconds else {
      throw FeedError(
        "FEED_GRANULARITY is \(key.granularity); \(sourceGranularity) at speed \(speed) is \(expected)",
        isTransient: false)
    }
    let shape = "\(rows.count)x\(expected.seconds)"
    let known = stored["shape"]?.string == shape ? stored["anchor"]?.string.flatMap { Timestamp(iso8601: $0) } : nil
    let anchor = known ?? now.adding(seconds: -backfillSeconds).floored(toSeconds: expected.seconds)
    clocks[key.subject] = ReplayClock(
      anchor: anchor, stepSeconds: expected.seconds, count: rows.count, isLooping: isLooping)
    return ["anchor": .string(anchor.iso8601(.z)), "shape": .string(shape)]
  }

  func fetch(_ request: FeedRequest) throws -> FeedPage {
    guard let clock = clocks[request.key.subject], let rows = series.rows[request.key.subject] else {
      throw FeedError("the replay of \(request.key.subject) was not prepared", isTransient: false)
    }
    let end = min(request.end ?? request.now, request.now)
    var page = FeedPage()
    var number = clock.first(atOrAfter: request.start ?? clock.anchor)
    while page.records.count < request.limit ?? Int.max, let (index, isBackwards) = clock.row(of: number) {
      let record = record(rows[index], isBackwards, at: clock.time(of: number), request)
      // A candle shows when it is complete: the file does not say how it came about.
      guard record.eventTime <= end, record.knownTime <= request.now else { break }
      page.records.append(record)
      number += 1
    }
    return page
  }

  private func record(
    _ row: ReplaySeries.Row, _ isBackwards: Bool, at time: Timestamp, _ request: FeedRequest
  ) -> FeedRecord {
    var values = row.values
    if request.key.kind == .tick {
      values = ["price": values["price"] ?? values["close"] ?? .null]
    } else if isBackwards {
      (values["open"], values["close"]) = (values["close"], values["open"] ?? values["close"])
    }
    return FeedRecord(
      key: request.key, eventTime: time, ingestedTime: request.now, values: values,
      meta: [FeedRecord.closedMetaKey: true, "replayed_ts": .string(row.time.iso8601(.z))])
  }
}
