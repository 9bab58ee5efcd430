import Competition
import Store
import Testing

@testable import ReportWorker

@Suite("What pages say", .timeLimit(.minutes(2)))
struct PageTextTests {
  @Test(
    "a model's page tells why its predictions failed: each reason with how many and when last, the most frequent first")
  func failures() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      #expect(try await bench.read("/models/a").html.contains("None of its newest 2\u{202F}000 predictions failed."))
      try await bench.addPrediction("p1", secondsAgo: 60, result: ["value": 0.5])
      try await bench.addPrediction("p2", secondsAgo: 50, result: ["value": 0], success: false, reason: "it <raised>")
      try await bench.addPrediction("p3", secondsAgo: 40, result: ["value": 0], success: false, reason: "it <raised>")
      try await bench.addPrediction("p4", secondsAgo: 30, reason: "timed out")
      try await bench.addPrediction(
        "p5", model: "b", secondsAgo: 20, result: ["value": 0], success: false, reason: "of another model")
      try await bench.run("UPDATE predictions SET status = 'FAILED' WHERE id = 'p4'")
      let page = try await bench.read("/models/a")
      let first = try #require(page.rows.firstIndex { $0.first == "Reason" })
      #expect(page.rows[first + 1] == ["it &lt;raised&gt;", "2", "2026-02-13 11:59:20"])
      #expect(page.rows[first + 2] == ["timed out", "1", "2026-02-13 11:59:30"])
      #expect(!page.html.contains("of another model"))
    }
  }

  @Test("the feeds' page tells the last value, its age and the gaps of each feed, and a feed's page where those are")
  func feeds() async throws {
    try await ReportBench.with { bench in
      let candles = [8, 7, 4, 3, 2].map { minutes in
        Self.record("BTC", .candle, "1m", secondsAgo: minutes * 60, ["close": .double(44.5 - Double(minutes))])
      }
      try await bench.store.feeds.ingest(candles, phase: "listen")
      try await bench.store.feeds.ingest(
        [Self.record("ETH", .tick, "1s", secondsAgo: 3_600, ["price": 7])], phase: "listen")
      let page = try await bench.read("/feeds")
      // A candle is known when it ends.
      #expect(
        page.row("BTC test · candle · 1m")
          == ["BTC test · candle · 1m", "42.50", "", "60 s ago", "5", "2026-02-13 11:52:00", "1"])
      // Ticks come when they come.
      #expect(
        page.row("ETH test · tick · 1s")
          == ["ETH test · tick · 1s", "7.00", "", "60 min ago", "1", "2026-02-13 11:00:00", "–"])
      #expect(page.html.contains("badge good\">60 s ago") && page.html.contains("badge bad\">60 min ago"))
      let feed = try await bench.read("/feeds/test/BTC/candle/1m")
      #expect(feed.rows.contains(["2026-02-13 11:53:00", "2026-02-13 11:56:00", "2"]))
    }
  }

  private static func record(
    _ subject: String, _ kind: FeedKind, _ granularity: String, secondsAgo: Int, _ values: JSONObject
  ) -> FeedRecord {
    let time = ReportBench.now.adding(seconds: -secondsAgo)
    return FeedRecord(
      key: FeedKey(source: "test", subject: subject, kind: kind, granularity: granularity), eventTime: time,
      ingestedTime: time.adding(seconds: 60), values: values)
  }

  @Test("the predictions' page lists those that fit its filter, and says which filter that is")
  func predictions() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      try await bench.addPrediction("p1", secondsAgo: 60, result: ["value": 0.5])
      try await bench.addPrediction("p2", model: "b", secondsAgo: 50, result: ["value": -0.25])
      try await bench.addPrediction("p3", scopeKey: "other", secondsAgo: 40)
      func scopes(_ query: String) async throws -> [String] {
        let page = try await bench.read("/predictions?" + query)
        return page.rows.filter { $0.count == 8 && $0[0] != "Asked" }.map { $0[2] }
      }
      #expect(try await scopes("") == ["other", "p2", "p1"])
      #expect(try await scopes("model=a") == ["other", "p1"])
      #expect(try await scopes("model=a&status=SCORED") == ["p1"])
      #expect(try await scopes("scope=other") == ["other"])
      #expect(try await scopes("status=FAILED") == [])

      let page = try await bench.read("/predictions?model=b&status=SCORED&scope=p2")
      let row = try #require(page.row("Beta"))
      #expect(row[0] == "2026-02-13 11:59:10" && row[3] == "SCORED" && row[5].hasPrefix("\u{2212}0.25"))
      #expect(page.html.contains(#"<option value="SCORED" selected>"#))
      #expect(page.html.contains(#"name="model" value="b""#) && page.html.contains(#"name="scope" value="p2""#))
      #expect(try await bench.read("/predictions?status=FAILED").html.contains("No predictions fit."))
    }
  }

  @Test("a checkpoint's page tells the share of each model, as a bar, in percent and in frac64, and what all are paid")
  func checkpoint() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      try await bench.addCheckpoint("C1")
      let page = try await bench.read("/checkpoints/C1")
      #expect(page.rows.contains(["1", "a", "", "65.0000 %", "650\u{202F}000\u{202F}000"]))
      #expect(page.rows.contains(["2", "b", "", "35.0000 %", "350\u{202F}000\u{202F}000"]))
      #expect(page.rows.contains(["data", "w", "0.0000 %"]))
      // The largest share fills its bar.
      #expect(
        page.html.contains(#"class="share" width="200.0""#) && page.html.contains(#"class="share" width="107.7""#))
      #expect(page.html.contains("<dt>Paid out</dt><dd>100.0000 %</dd>"))
      #expect(page.html.contains(#"href="/models/a""#))
    }
  }

  @Test("the page of dead letters tells why each was given up and what it was about, and what became of it")
  func deadLetters() async throws {
    try await ReportBench.with { bench in
      #expect(try await bench.read("/dead-letters").html.contains("None is open."))
      for (entry, cause) in [("1-0", "the scorer raised"), ("2-0", "delivered too often")] {
        try await bench.store.deadLetters.record([
          NewDeadLetter(
            stream: "predictions.pending", entryID: entry, kind: "scoring", cause: cause,
            fields: [(name: "input_id", value: "INP"), (name: "scope_key", value: "s")], deliveries: 8, worker: "w")
        ])
      }
      let page = try await bench.read("/dead-letters")
      let raised = try #require(page.row("the scorer raised INP · s"))
      #expect(raised.dropFirst(2).prefix(3) == ["predictions.pending 1-0", "the scorer raised INP · s", "8"])
      #expect(page.row("delivered too often INP · s")?[2] == "predictions.pending 2-0")

      let letters = try await bench.store.deadLetters.list(limit: 2)
      let letter = try #require(letters.first { $0.cause == "the scorer raised" })
      _ = try await bench.store.deadLetters.discard(id: letter.id)
      #expect(try await bench.read("/dead-letters").row("the scorer raised INP · s") == nil)
      #expect(try await bench.read("/dead-letters?all=1").row("the scorer raised INP · s")?.last == "discarded")
    }
  }
}
