import Competition
import Foundation
import Testing

@testable import Feeds

@Suite("Replay")
struct ReplayTests {
  private static let start = Timestamp(seconds: 1_790_000_000)

  /// Four days of one subject, the third after a weekend.
  private static let file = """
    subject,date,open,high,low,close,volume
    IBM,2000-03-02,10,12,9,11,100
    IBM,2000-03-01,9,11,8,10,90
    IBM,2000-03-03,11,13,10,12,110
    IBM,2000-03-06,12,14,11,13,120
    MSFT,2000-03-01,50,52,49,51,500
    """

  private func provider(
    _ options: [String: String] = [:], text: String = file, name: String = "candles.csv", backfill: Int = 10
  ) throws -> ReplayProvider {
    try TemporaryFile.with(text, name: name) { path in
      let defaults = ["path": path, "speed": "86400", "granularity": "1d"]
      return try ReplayProvider(FeedOptions(defaults.merging(options) { $1 }), backfillSeconds: backfill)
    }
  }

  private func key(_ subject: String = "IBM", kind: FeedKind = .candle, granularity: String = "1s") -> FeedKey {
    FeedKey(source: "replay", subject: subject, kind: kind, granularity: granularity)
  }

  private func closes(_ page: FeedPage) -> [Double] { page.records.compactMap { $0.values["close"]?.number } }

  private func prices(_ page: FeedPage) -> [Double] { page.records.compactMap { $0.values["price"]?.number } }

  @Test("a day becomes a second, in order of time, and gaps close up")
  func retimed() async throws {
    let provider = try provider()
    _ = try await provider.prepare(key(), stored: [:], now: Self.start)
    let page = try await provider.fetch(FeedRequest(key: key(), now: Self.start.adding(seconds: -6)))
    #expect(closes(page) == [10, 11, 12, 13])
    let times = page.records.map { $0.eventTime.seconds(since: Self.start) }
    #expect(times == [-10, -9, -8, -7])
    #expect(!page.records.contains { !$0.isClosed })
    #expect(page.records[3].meta["replayed_ts"] == "2000-03-06T00:00:00Z")
  }

  @Test("a candle shows once it is complete, not before")
  func complete() async throws {
    let provider = try provider(backfill: 0)
    _ = try await provider.prepare(key(), stored: [:], now: Self.start)
    func count(after seconds: Double) async throws -> Int {
      try await provider.fetch(FeedRequest(key: key(), now: Self.start.adding(seconds: seconds))).records.count
    }
    #expect(try await count(after: 0) == 0)
    #expect(try await count(after: 0.999) == 0)
    #expect(try await count(after: 1) == 1)
    #expect(try await count(after: 2.5) == 2)
  }

  @Test("every second loop runs backwards, so that prices don't jump")
  func loops() async throws {
    let provider = try provider(backfill: 0)
    _ = try await provider.prepare(key(), stored: [:], now: Self.start)
    let page = try await provider.fetch(FeedRequest(key: key(), now: Self.start.adding(seconds: 12)))
    #expect(closes(page) == [10, 11, 12, 13, 12, 11, 10, 9, 10, 11, 12, 13])
    for (before, after) in zip(page.records, page.records.dropFirst()) {
      let jump = try #require(after.values["open"]?.number) - (try #require(before.values["close"]?.number))
      #expect(abs(jump) <= 1)
    }
  }

  @Test("without a loop it ends with the file")
  func once() async throws {
    let provider = try provider(["loop": "false"], backfill: 0)
    _ = try await provider.prepare(key(), stored: [:], now: Self.start)
    let page = try await provider.fetch(FeedRequest(key: key(), now: Self.start.adding(seconds: 1_000)))
    #expect(closes(page) == [10, 11, 12, 13])
  }

  @Test("a restart goes on where it was: the same records at the same times")
  func restart() async throws {
    let first = try provider()
    let state = try await first.prepare(key(), stored: [:], now: Self.start)
    let now = Self.start.adding(seconds: 500)
    let before = try await first.fetch(FeedRequest(key: key(), now: now))
    let second = try provider(backfill: 99)
    #expect(try await second.prepare(key(), stored: state, now: now) == state)
    #expect(try await second.fetch(FeedRequest(key: key(), now: now)) == before)
  }

  @Test("another file or speed begins anew")
  func changed() async throws {
    let state = try await provider().prepare(key(), stored: [:], now: Self.start)
    let later = Self.start.adding(seconds: 500)
    let slower = try provider(["speed": "43200"])
    #expect(try await slower.prepare(key(granularity: "2s"), stored: state, now: later) != state)
  }

  @Test("a span and a limit are kept to, whatever the page")
  func paging() async throws {
    let provider = try provider(backfill: 0)
    _ = try await provider.prepare(key(), stored: [:], now: Self.start)
    let now = Self.start.adding(seconds: 100)
    let all = try await provider.fetch(FeedRequest(key: key(), now: now)).records
    var walk = BackfillWalk(key: key(), start: Self.start, end: now, limit: 7, endsAtShortPage: true)
    var paged: [FeedRecord] = []
    while let request = walk.next(now: now) {
      let page = try await provider.fetch(request)
      #expect(page.records.count <= 7)
      paged += page.records
      walk.took(page)
    }
    #expect(paged == all)
    let part = try await provider.fetch(
      FeedRequest(key: key(), start: Self.start.adding(seconds: 3), end: Self.start.adding(seconds: 5), now: now))
    #expect(part.records == Array(all[3...5]))
  }

  @Test("candles can be replayed as ticks of their close")
  func ticks() async throws {
    let provider = try provider(backfill: 0)
    let key = key(kind: .tick)
    _ = try await provider.prepare(key, stored: [:], now: Self.start)
    let page = try await provider.fetch(FeedRequest(key: key, now: Self.start.adding(seconds: 2)))
    #expect(prices(page) == [10, 11, 12])
  }

  @Test("JSON lines are read as CSV is, times also as seconds or milliseconds")
  func jsonLines() async throws {
    let text = """
      {"symbol": "A", "ts": 951868800, "price": 1.5}
      {"symbol": "A", "ts": 951955200000, "price": "2.5"}

      {"symbol": "A", "ts": "2000-03-03", "price": 3.5}
      """
    let provider = try provider(text: text, name: "ticks.jsonl", backfill: 0)
    let key = key("A", kind: .tick)
    _ = try await provider.prepare(key, stored: [:], now: Self.start)
    let page = try await provider.fetch(FeedRequest(key: key, now: Self.start.adding(seconds: 2)))
    #expect(prices(page) == [1.5, 2.5, 3.5])
    #expect(page.records.last?.meta["replayed_ts"] == "2000-03-03T00:00:00Z")
  }

  @Test(
    "a file that makes no sense is refused with the line at fault",
    arguments: [
      ("subject,close\nA,1\n", "line 2 has no time"), ("date,close\n2000-03-01,1\n", "line 2 has no subject"),
      ("subject,date,close\nA,2000-03-01,1\nA,2000-03-02,nan\n", "line 3"), ("subject,date,close\n", "no rows"),
      ("subject,date,volume\nA,2000-03-01,1\n", "neither close nor price"),
      ("subject,date,close\nA,1e300,1\n", "no time"),
    ])
  func refusesFile(text: String, cause: String) throws {
    do {
      _ = try provider(text: text)
      Issue.record("the file was taken")
    } catch let error as FeedError {
      #expect(error.reason.contains(cause))
      #expect(!error.isTransient)
    }
  }

  @Test("a subject, speed or granularity that does not fit is refused by its name")
  func refusesSettings() async throws {
    func cause(_ options: [String: String], _ key: FeedKey) async -> String {
      do {
        _ = try await provider(options).prepare(key, stored: [:], now: Self.start)
        return "taken"
      } catch { return "\(error)" }
    }
    #expect(await cause([:], key("TSLA")).contains("FEED_SUBJECTS has TSLA; the file has IBM, MSFT"))
    #expect(await cause([:], key(granularity: "1m")).contains("FEED_GRANULARITY is 1m"))
    #expect(await cause(["speed": "100000"], key()).contains("FEED_OPT_SPEED"))
    #expect(await cause(["speed": "fast"], key()).contains("FEED_OPT_SPEED is \"fast\""))
    #expect(await cause(["loop": "maybe"], key()).contains("FEED_OPT_LOOP"))
    #expect(await cause(["path": ""], key()).contains("FEED_OPT_PATH is missing"))
    #expect(await cause(["path": "gone.csv"], key()).contains("gone.csv cannot be read"))
  }

  @Test("the bundled sample has years of days of three companies")
  func sample() async throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Examples/demo/stocks.csv")
    let provider = try ReplayProvider(
      FeedOptions(["path": path.standardizedFileURL.path, "speed": "86400", "granularity": "1d"]), backfillSeconds: 120)
    #expect(await provider.subjects().map(\.symbol) == ["AAPL", "IBM", "MSFT"])
    for subject in ["AAPL", "IBM", "MSFT"] {
      _ = try await provider.prepare(key(subject), stored: [:], now: Self.start)
      let page = try await provider.fetch(FeedRequest(key: key(subject), now: Self.start))
      #expect(page.records.count == 120)
    }
  }
}

/// A file for the length of a call.
enum TemporaryFile {
  static func with<Result>(_ text: String, name: String, _ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: name)
    try Data(text.utf8).write(to: file)
    let result = Swift.Result { try body(file.path) }
    try FileManager.default.removeItem(at: folder)
    return try result.get()
  }
}
