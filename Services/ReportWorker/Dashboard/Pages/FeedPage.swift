import Competition
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
          hasFeeds: !glances.isEmpty,
          feeds: glances.map { FeedLine($0, pollSeconds: api.configuration.feedPollSeconds, now: request.time) },
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
    for feed in try await api.feedCounts.feeds().prefix(Self.most) {
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
    let late = FeedAge(newest, pollSeconds: api.configuration.feedPollSeconds, now: request.time)
    let view = FeedView(
      subject: key.subject, source: key.source, kind: key.kind.rawValue, granularity: key.granularity,
      last: Shown.figure(newest.shownValue), age: late.text, tone: late.tone, watermark: Shown.time(feed.watermark),
      gapCount: Shown.count(gaps.count), why: late.why, looked: Shown.count(records.count), chart: chart,
      hasGaps: !gaps.isEmpty, gaps: gaps.suffix(50).reversed().map { GapLine($0, now: request.time) },
      noGaps: key.kind == .candle
        ? "None among these records." : "Only candles come at times that are known beforehand.",
      records: records.suffix(20).reversed().map {
        RecordLine($0, pollSeconds: api.configuration.feedPollSeconds, now: request.time)
      })
    return Content(title: key.subject, section: .feeds, template: .feed, view: view, hasChart: chart != nil)
  }
}
