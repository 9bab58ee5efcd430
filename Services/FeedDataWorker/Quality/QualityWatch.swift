import Competition
import Feeds
import Store

/// Finds what is odd about the records of one feed as they come. Pure: it finds, others store. Nothing is left out for it:
/// a price that jumps may be true.
struct QualityWatch: Sendable {
  /// How far ahead of our clock a record may be until that counts as odd, in seconds.
  static let longestLead = 2.0
  /// Closed candles whose values are remembered.
  private static let memory = 500

  /// How far a price may be from the one before, as a part of it.
  let outlierFraction: Double
  private let key: FeedKey
  private let stepSeconds: Int
  private var last: (time: Timestamp, price: Double)?
  private var closed: [Timestamp: Int] = [:]
  /// The hour in which the clocks were last found apart.
  private var apartIn: Timestamp?

  init(key: FeedKey, outlierFraction: Double) {
    self.outlierFraction = outlierFraction
    self.key = key
    stepSeconds = Granularity(key.granularity)?.seconds ?? 1
  }

  /// That our clock and the provider's are apart; nil when they are not, or it was found in this hour.
  /// - Parameter skew: seconds that ours is ahead.
  mutating func finding(ofSkew skew: Double, now: Timestamp) -> FeedFinding? {
    let hour = now.floored(toSeconds: 3_600)
    guard abs(skew) > Self.longestLead, hour != apartIn else { return nil }
    apartIn = hour
    return FeedFinding(
      key: key, kind: .clockSkew, eventTime: hour, detail: ["our_clock_ahead_seconds": .double(skew)])
  }

  /// - Parameters:
  ///   - records: of the feed, that say something new.
  ///   - isPast: whether they are the past of a feed that begins, which is late by nature.
  mutating func findings(in records: [FeedRecord], isPast: Bool, now: Timestamp) -> [FeedFinding] {
    var findings: [FeedFinding] = []
    var late: [FeedRecord] = []
    for record in records.sorted(by: { $0.eventTime < $1.eventTime }) {
      func note(_ kind: FeedFinding.Kind, _ detail: JSONObject) {
        findings.append(FeedFinding(key: record.key, kind: kind, eventTime: record.eventTime, detail: detail))
      }
      let lead = record.eventTime.seconds(since: now)
      if lead > Self.longestLead { note(.clockSkew, ["seconds_ahead": .double(lead)]) }
      if !isPast, isLate(record) { late.append(record) }
      if isRevised(record) { note(.revised, ["values": .object(record.values)]) }
      if let detail = jump(to: record) { note(.outlier, detail) }
    }
    // What closes a gap comes together: that is one finding.
    if let first = late.first, let newest = last?.time {
      findings.append(
        FeedFinding(
          key: first.key, kind: .late, eventTime: first.eventTime,
          detail: [
            "records": JSON(late.count), "seconds_behind": .double(newest.seconds(since: first.eventTime)),
          ]))
    }
    return findings
  }

  private func isLate(_ record: FeedRecord) -> Bool {
    guard let last, closed[record.eventTime] == nil else { return false }
    return last.time.seconds(since: record.eventTime) > Double(2 * stepSeconds)
  }

  private mutating func isRevised(_ record: FeedRecord) -> Bool {
    guard record.isClosed, record.key.kind == .candle else { return false }
    let hash = record.values.hashValue
    defer {
      closed[record.eventTime] = hash
      if closed.count > 2 * Self.memory {
        for time in closed.keys.sorted().prefix(Self.memory) { closed[time] = nil }
      }
    }
    return closed[record.eventTime].map { $0 != hash } ?? false
  }

  /// How a price compares with the one before; nil when it is near it, or none before is known.
  private mutating func jump(to record: FeedRecord) -> JSONObject? {
    guard let price = record.values["close"]?.number ?? record.values["price"]?.number, price > 0 else { return nil }
    guard let before = last else {
      last = (record.eventTime, price)
      return nil
    }
    guard record.eventTime >= before.time else { return nil }
    last = (record.eventTime, price)
    let change = price / before.price - 1
    guard abs(change) > outlierFraction, record.eventTime > before.time else { return nil }
    return ["price": .double(price), "before": .double(before.price), "change": .double(change)]
  }
}
