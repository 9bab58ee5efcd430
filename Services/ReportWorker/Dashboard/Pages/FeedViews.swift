import Competition
import Diagnosis
import Store

// What the pages of feeds fill in.

/// A feed with its newest records looked at.
struct FeedGlance: Sendable {
  var feed: ReportFeed
  var newest: FeedRecord?
  var spark: String?
  var gaps: Int

  init(feed: ReportFeed, records: [FeedRecord], spark count: Int) {
    self.feed = feed
    newest = records.last
    spark = Sparkline.path(records.suffix(count).compactMap(\.shownValue))
    gaps = FeedGaps.gaps(records).count
  }
}

struct FeedsView {
  var hasFeeds: Bool
  var feeds: [FeedLine]
  var looked: String
}

struct FeedLine {
  var path: String
  var subject: String
  var source: String
  var kind: String
  var granularity: String
  var last: String
  var spark: String?
  var age: String
  var tone: String
  var records: String
  var oldest: ShownTime
  var gaps: String

  init(_ glance: FeedGlance, pollSeconds: Double, now: Timestamp) {
    let feed = glance.feed
    let names = [feed.source, feed.subject, feed.kind, feed.granularity]
    path = "/feeds/" + names.map(\.percentEncoded).joined(separator: "/")
    (subject, source, kind, granularity) = (feed.subject, feed.source, feed.kind, feed.granularity)
    last = Shown.figure(glance.newest?.shownValue)
    spark = glance.spark
    let late = glance.newest.map { FeedAge($0, pollSeconds: pollSeconds, now: now) }
    (age, tone) = (late?.text ?? Shown.nothing, late?.tone ?? "bad")
    records = Shown.count(Int(feed.recordCount))
    oldest = ShownTime(feed.oldest, now: now)
    gaps = FeedKind(rawValue: feed.kind) == .candle ? Shown.count(glance.gaps) : Shown.nothing
  }
}

/// Whether a feed's newest record is young enough.
struct FeedAge {
  var text: String
  var tone: String
  var why: String?

  /// - Parameter pollSeconds: what the feed worker leaves between two looks.
  init(_ record: FeedRecord, pollSeconds: Double, now: Timestamp) {
    let finding = FeedCheck.finding(record.key, newest: record, now: now, pollSeconds: pollSeconds)
    text = Shown.ago(record.knownTime, now: now)
    tone = finding.isWrong ? "bad" : "good"
    why = finding.isWrong ? [finding.cause, finding.remedy].compactMap { $0 }.joined(separator: ": ") : nil
  }
}

struct FeedView {
  var subject: String
  var source: String
  var kind: String
  var granularity: String
  var last: String
  var age: String
  var tone: String
  var watermark: String
  var gapCount: String
  var why: String?
  var looked: String
  var chart: LineChart.Drawn?
  var hasGaps: Bool
  var gaps: [GapLine]
  var noGaps: String
  var records: [RecordLine]
}

struct GapLine {
  var after: ShownTime
  var until: ShownTime
  var missing: String

  init(_ gap: FeedGap, now: Timestamp) {
    after = ShownTime(gap.after, now: now)
    until = ShownTime(gap.until, now: now)
    missing = Shown.count(gap.missing)
  }
}

struct RecordLine {
  var at: ShownTime
  var delay: String
  var values: String

  /// - Parameter pollSeconds: what the feed worker leaves between two looks.
  init(_ record: FeedRecord, pollSeconds: Double, now: Timestamp) {
    at = ShownTime(record.eventTime, now: now)
    delay = Shown.span(record.ingestedTime.seconds(since: record.eventTime))
    values = JSON.object(record.values).text
  }
}
