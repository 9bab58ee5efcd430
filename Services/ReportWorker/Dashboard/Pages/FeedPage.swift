import Competition
import Diagnosis
import Store

// What is known of the market: /feeds, and one of them.

extension Dashboard {
  /// Records that a feed's course and gaps are read from.
  private static let looked = 1_440
  /// As much of it as a small line shows.
  private static let glance = 120
  /// Feeds that are looked at closely on one page.
  private static let most = 200

  var feedPages: [Route] {
    let overview = PacedValue(isDear: { (_: [FeedGlance]) in true }) { try await glances() }
    return [
      page("/feeds", guardedAs: "/reports/feeds", "The feeds.") { request in
        let glances = try await overview.current()
        let view = FeedsView(
          hasFeeds: !glances.isEmpty, feeds: glances.map { FeedLine($0, now: request.time) },
          looked: Shown.count(Self.looked))
        return Content(title: "Feeds", section: .feeds, template: .feeds, view: view, refreshSeconds: 30)
      },
      page(
        "/feeds/{source}/{subject}/{kind}/{granularity}", guardedAs: "/reports/feeds", "One feed."
      ) { try await feedPage($0, overview) },
    ]
  }

  private func glances() async throws -> [FeedGlance] {
    var glances: [FeedGlance] = []
    for feed in try await store.feeds().prefix(Self.most) {
      let records = try await store.newestRecords(of: feed.key, limit: Self.looked)
      glances.append(FeedGlance(feed: feed, records: records, spark: Self.glance))
    }
    return glances
  }

  private func feedPage(_ request: APIRequest, _ overview: PacedValue<[FeedGlance]>) async throws -> Content {
    let names = ["source", "subject", "kind", "granularity"].compactMap(request.part)
    guard names.count == 4 else { throw APIError.notFound("There is no such feed") }
    let key = FeedKey(
      source: names[0], subject: names[1], kind: FeedKind(rawValue: names[2]), granularity: names[3])
    let records = try await store.newestRecords(of: key, limit: Self.looked)
    let feeds = try await overview.current()
    guard let newest = records.last, let feed = feeds.first(where: { $0.feed.key == key })?.feed else {
      throw APIError.notFound("There is no such feed")
    }
    let gaps = FeedGaps.gaps(records)
    let chart = LineChart(records, gaps: gaps, unit: key.kind == .candle ? "Close" : "Value").drawn
    let late = FeedAge(newest, now: request.time)
    let view = FeedView(
      subject: key.subject, source: key.source, kind: key.kind.rawValue, granularity: key.granularity,
      last: Shown.figure(newest.shownValue), age: late.text, tone: late.tone, watermark: Shown.time(feed.watermark),
      gapCount: Shown.count(gaps.count), why: late.why, looked: Shown.count(records.count), chart: chart,
      hasGaps: !gaps.isEmpty, gaps: gaps.suffix(50).reversed().map { GapLine($0, now: request.time) },
      noGaps: key.kind == .candle
        ? "None among these records." : "Only candles come at times that are known beforehand.",
      records: records.suffix(20).reversed().map { RecordLine($0, now: request.time) })
    return Content(title: key.subject, section: .feeds, template: .feed, view: view, hasChart: chart != nil)
  }
}

/// A feed with its newest records looked at.
private struct FeedGlance: Sendable {
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

private struct FeedsView {
  var hasFeeds: Bool
  var feeds: [FeedLine]
  var looked: String
}

private struct FeedLine {
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

  init(_ glance: FeedGlance, now: Timestamp) {
    let feed = glance.feed
    let names = [feed.source, feed.subject, feed.kind, feed.granularity]
    path = "/feeds/" + names.map(\.percentEncoded).joined(separator: "/")
    (subject, source, kind, granularity) = (feed.subject, feed.source, feed.kind, feed.granularity)
    last = Shown.figure(glance.newest?.shownValue)
    spark = glance.spark
    let late = glance.newest.map { FeedAge($0, now: now) }
    (age, tone) = (late?.text ?? Shown.nothing, late?.tone ?? "bad")
    records = Shown.count(Int(feed.recordCount))
    oldest = ShownTime(feed.oldest, now: now)
    gaps = FeedKind(rawValue: feed.kind) == .candle ? Shown.count(glance.gaps) : Shown.nothing
  }
}

/// Whether a feed's newest record is young enough.
private struct FeedAge {
  var text: String
  var tone: String
  var why: String?

  init(_ record: FeedRecord, now: Timestamp) {
    let finding = FeedCheck.finding(record.key, newest: record, now: now, pollSeconds: Self.poll)
    text = Shown.ago(record.knownTime, now: now)
    tone = finding.isWrong ? "bad" : "good"
    why = finding.isWrong ? [finding.cause, finding.remedy].compactMap { $0 }.joined(separator: ": ") : nil
  }

  /// What a feed worker leaves between two looks by default.
  private static let poll = 5.0
}

private struct FeedView {
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

private struct GapLine {
  var after: ShownTime
  var until: ShownTime
  var missing: String

  init(_ gap: FeedGap, now: Timestamp) {
    after = ShownTime(gap.after, now: now)
    until = ShownTime(gap.until, now: now)
    missing = Shown.count(gap.missing)
  }
}

private struct RecordLine {
  var at: ShownTime
  var delay: String
  var values: String

  init(_ record: FeedRecord, now: Timestamp) {
    at = ShownTime(record.eventTime, now: now)
    delay = Shown.span(record.ingestedTime.seconds(since: record.eventTime))
    values = JSON.object(record.values).text
  }
}
