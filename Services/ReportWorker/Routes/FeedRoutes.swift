import Competition
import Store

// What is known of the market: /reports/feeds, /reports/feeds/tail.

extension ReportAPI {
  var feedRoutes: [Route] {
    let overview = PacedValue { try await store.feeds() }
    return [
      .get("/reports/feeds") { request in
        var query = QueryReader(request.query)
        let page = Page(request, &query)
        try query.finish()
        return page.answer(of: try await overview.current()) { text, feed in
          text.object { Self.write(feed, into: &$0) }
        }
      },
      .get("/reports/feeds/tail", tail),
    ]
  }

  private static func write(_ feed: ReportFeed, into row: inout JSONText) {
    row.member("source", .string(feed.source))
    row.member("subject", .string(feed.subject))
    row.member("kind", .string(feed.kind))
    row.member("granularity", .string(feed.granularity))
    row.member("record_count", .int(feed.recordCount))
    row.member("oldest_ts", feed.oldest.json(.offset))
    row.member("newest_ts", feed.newest.json(.offset))
    row.member("watermark_ts", feed.watermark.json(.offset))
    row.member("watermark_updated_at", feed.watermarkUpdatedAt.json(.offset))
  }

  private func tail(_ request: APIRequest) async throws -> Answer {
    var query = QueryReader(request.query)
    let filter = ReportFeedFilter(
      source: query.filter("source"), subject: query.filter("subject"), kind: query.filter("kind"),
      granularity: query.filter("granularity"))
    let limit = query.integer("limit", default: 20, in: 1...200)
    try query.finish()
    let texts = [filter.source, filter.subject, filter.kind, filter.granularity]
    guard !texts.contains(where: { $0?.hasNUL == true }) else { return .emptyList }
    return .list(try await store.feedTail(filter, limit: limit)) { text, record in
      text.object { row in
        row.member("source", .string(record.source))
        row.member("subject", .string(record.subject))
        row.member("kind", .string(record.kind))
        row.member("granularity", .string(record.granularity))
        row.member("ts_event", record.eventTime.json(.z))
        row.member("ts_ingested", record.ingestedTime.json(.z))
        row.member("values", stored: record.values)
        row.member("meta", stored: record.meta)
      }
    }
  }
}
