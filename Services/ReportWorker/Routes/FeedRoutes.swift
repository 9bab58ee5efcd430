import Competition
import Store

// What is known of the market: /reports/feeds, /reports/backfill/feeds, /reports/feeds/tail.

extension ReportAPI {
  /// Beyond so many records the counts of feeds are not made anew for everybody who asks.
  private static let manyRecords = 100_000

  var feedRoutes: [Route] {
    let overview = PacedValue(
      isDear: { (feeds: [ReportFeed]) in feeds.reduce(0) { $0 + $1.recordCount } > Self.manyRecords },
      { try await feedCounts.feeds() })
    let answers = Operation.AnswerShape.json(.rows("Feed"), "Feeds that have records, by name.")
    let feeds: @Sendable (APIRequest, PageRequest) async throws -> Answer = { request, page in
      Page(page, of: request).answer(of: try await overview.current()) { $1.write(into: &$0) }
    }
    return [
      .get("/reports/feeds", "The feeds: how much is stored of them, and up to when.", .page, answers: answers, feeds),
      .get("/reports/backfill/feeds", "The same as /reports/feeds.", .page, answers: answers, feeds),
      .get(
        "/reports/feeds/tail", "The newest records.", .filter("source", "Only of this provider."),
        .filter("subject", "Only of this subject."), .filter("kind", "Only of this kind."),
        .filter("granularity", "Only of this granularity."), .limit(20, in: 1...200),
        answers: .json(.rows("FeedRecord"), "Records, newest first.")
      ) { _, source, subject, kind, granularity, limit in
        let filter = ReportFeedFilter(source: source, subject: subject, kind: kind, granularity: granularity)
        return .list(try await store.feedTail(filter, limit: limit)) { $1.write(into: &$0) }
      },
    ]
  }
}

extension ReportFeed {
  fileprivate func write(into text: inout JSONText) {
    text.object { row in
      row.member("source", .string(source))
      row.member("subject", .string(subject))
      row.member("kind", .string(kind))
      row.member("granularity", .string(granularity))
      row.member("record_count", .int(recordCount))
      row.member("oldest_ts", oldest.json(.offset))
      row.member("newest_ts", newest.json(.offset))
      row.member("watermark_ts", watermark.json(.offset))
      row.member("watermark_updated_at", watermarkUpdatedAt.json(.offset))
    }
  }
}

extension ReportFeedRecord {
  fileprivate func write(into text: inout JSONText) {
    text.object { row in
      row.member("source", .string(source))
      row.member("subject", .string(subject))
      row.member("kind", .string(kind))
      row.member("granularity", .string(granularity))
      row.member("ts_event", eventTime.json(.z))
      row.member("ts_ingested", ingestedTime.json(.z))
      row.member("values", object: values)
      row.member("meta", object: meta)
    }
  }
}
