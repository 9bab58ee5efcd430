import Competition
import Store
import Testing

@testable import ReportWorker

@Suite("The feeds' routes", .timeLimit(.minutes(2)))
struct FeedRouteTests {
  private static func record(_ subject: String, secondsAgo: Int, close: JSON = 1.5) -> FeedRecord {
    let time = ReportBench.now.adding(seconds: -secondsAgo)
    return FeedRecord(
      key: FeedKey(source: "test", subject: subject, kind: .candle, granularity: "1s"), eventTime: time,
      ingestedTime: time.adding(seconds: 1), values: ["close": close])
  }

  @Test("each feed is counted, with times that tell their zone")
  func feeds() async throws {
    try await ReportBench.with { bench in
      try await bench.store.feeds.ingest(
        [Self.record("ETH", secondsAgo: 5), Self.record("BTC", secondsAgo: 60), Self.record("BTC", secondsAgo: 10)],
        phase: "listen")
      let rows = try await bench.get("/reports/feeds").rows
      #expect(rows.map { $0["subject"]?.string } == ["BTC", "ETH"])
      let first = try #require(rows.first)
      #expect(first["record_count"] == 2)
      #expect(first["oldest_ts"] == "2026-02-13T11:59:00+00:00")
      #expect(first["newest_ts"] == "2026-02-13T11:59:50+00:00")
      #expect(first["watermark_ts"] == "2026-02-13T11:59:50+00:00")
      #expect(first["source"] == "test")
      #expect(first["kind"] == "candle")
      #expect(first["granularity"] == "1s")
    }
  }

  @Test("without records there is an empty list")
  func empty() async throws {
    try await ReportBench.with { bench in
      for path in ["/reports/feeds", "/reports/feeds/tail"] {
        let reply = try await bench.get(path)
        #expect(reply.text == "[]")
      }
    }
  }

  @Test("the tail is the newest records first, of the feeds that are asked for")
  func tail() async throws {
    try await ReportBench.with { bench in
      let seconds = Array(1...25)
      try await bench.store.feeds.ingest(
        seconds.map { Self.record("BTC", secondsAgo: $0) } + [Self.record("ETH", secondsAgo: 0)], phase: "listen")
      let rows = try await bench.get("/reports/feeds/tail").rows
      #expect(rows.count == 20)
      #expect(rows.first?["subject"] == "ETH")
      #expect(rows[1]["ts_event"] == "2026-02-13T11:59:59Z")
      #expect(rows[1]["ts_ingested"] == "2026-02-13T12:00:00Z")
      #expect(rows[1]["values"] == ["close": 1.5])
      #expect(rows[1]["meta"]?.object != nil)
      let times = rows.compactMap { $0["ts_event"]?.string }
      #expect(times == times.sorted(by: >))

      func count(_ query: String) async throws -> Int { try await bench.get("/reports/feeds/tail?" + query).rows.count }
      #expect(try await count("subject=BTC&limit=200") == 25)
      #expect(try await count("subject=btc") == 0)
      #expect(try await count("subject=&source=test&kind=candle&granularity=1s&limit=3") == 3)
      #expect(try await count("subject=B%25") == 0)
      #expect(try await count("subject=BTC%00") == 0)
    }
  }

  @Test("a limit out of its range is refused with what is allowed", arguments: ["0", "201", "-1", "x", "1e2", ""])
  func limits(limit: String) async throws {
    try await ReportBench.with { bench in
      let reply = try await bench.get("/reports/feeds/tail?limit=\(limit)")
      #expect(reply.status == 422)
      #expect(reply.json["detail"]?.array?.first?["loc"] == ["query", "limit"])
      #expect(reply.json["detail"]?.array?.first?["input"] == .string(limit))
    }
  }
}
