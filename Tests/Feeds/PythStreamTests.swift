import Competition
import TestKit
import Testing

@testable import Feeds

@Suite("Pyth's stream and its past", .timeLimit(.minutes(2)))
struct PythStreamTests {
  private static let start: Int64 = 1_770_000_000
  private static let ticks = FeedKey(source: "pyth", subject: "BTC", kind: .tick, granularity: "1s")
  private static let candles = FeedKey(source: "pyth", subject: "BTC", kind: .candle, granularity: "1m")

  private static func hermes(
    key: String? = nil, faults: [TestHTTPServer.Answer] = []
  ) async throws -> TestHermes {
    try await TestHermes(TestAuthority.make(), now: Timestamp(seconds: start), key: key, faults: faults)
  }

  private func provider(_ hermes: TestHermes, _ options: [String: String] = [:]) throws -> PythProvider {
    try PythProvider(FeedOptions(hermes.options.merging(options) { $1 }))
  }

  /// Listens until the stream ends, which the test does.
  private func listen(
    _ hermes: TestHermes, _ keys: [FeedKey], _ options: [String: String] = [:]
  ) async throws -> (HeardNews, Task<Void, any Error>) {
    let heard = HeardNews()
    let provider = try provider(hermes, options)
    let running = Task {
      try await provider.stream(keys, now: { hermes.clock.now }) { heard.take($0) }
    }
    try await waitUntil("the stream is open") { hermes.events.listeners == 1 && heard.news == [.opened] }
    return (heard, running)
  }

  @Test("prices come as ticks and as growing candles over one connection with TLS, cut anywhere, until it breaks off")
  func connection() async throws {
    let hermes = try await Self.hermes()
    let (heard, running) = try await listen(hermes, [Self.ticks, Self.candles])
    let asked = try #require(hermes.requests.first)
    #expect(asked.path == "/v2/updates/price/stream")
    #expect(asked.query.map(\.name) == ["ids[]", "ids[]", "parsed", "benchmarks_only"])
    hermes.publish(6_512_500_000_000, at: Self.start + 59)
    hermes.events.send(": still here\n\n")
    hermes.events.send(TestHermes.event(6_600_000_000_000, at: Self.start + 61), pieces: 50)
    try await waitUntil("both prices") { heard.records.count == 5 }
    let ticks = heard.records.filter { $0.key == Self.ticks }
    #expect(ticks.map(\.eventTime.seconds) == [Self.start + 59, Self.start + 61])
    #expect(ticks.compactMap { $0.values["price"]?.number } == [65_125, 66_000])
    #expect(ticks.first?.meta["confidence"]?.number == 31.34985442)
    let candles = heard.records.filter { $0.key == Self.candles }
    #expect(candles.map(\.isClosed) == [false, true, false])
    #expect(candles.compactMap { $0.values["close"]?.number } == [65_125, 65_125, 66_000])
    hermes.events.cut()
    await #expect(throws: FeedError.self) { try await running.value }
    try await hermes.stop()
  }

  @Test("an end that is in order is none to worry about")
  func ends() async throws {
    let hermes = try await Self.hermes()
    let (_, running) = try await listen(hermes, [Self.ticks])
    hermes.events.finish()
    try await running.value
    try await hermes.stop()
  }

  @Test(
    "what makes no sense is left out with a reason",
    arguments: [
      "data: hello\n\n", "data: {\n\n", "data: []\n\n", "data: {\"binary\":{}}\n\n", "data: {\"parsed\":1}\n\n",
      "event: error\ndata: Error receiving update: Lagged(3)\n\n",
      "data: {\"parsed\":[{\"id\":\"\(TestHermes.feedID)\",\"price\":{\"price\":\"NaN\",\"expo\":-8,\"publish_time\":1}}]}\n\n",
    ])
  func nonsense(text: String) async throws {
    let hermes = try await Self.hermes()
    let (heard, running) = try await listen(hermes, [Self.ticks])
    hermes.events.send(text)
    hermes.publish(6_512_500_000_000, at: Self.start + 1)
    try await waitUntil("the good price") { heard.records.count == 1 }
    #expect(heard.rejected.count == 1)
    hermes.events.cut()
    _ = await running.result
    try await hermes.stop()
  }

  @Test("without its key it is told which variable is missing, with it all is answered")
  func keys() async throws {
    let hermes = try await Self.hermes(key: "k")
    hermes.publish(6_512_500_000_000, at: Self.start)
    let request = FeedRequest(key: Self.ticks, now: Timestamp(seconds: Self.start))
    for open in [
      { _ = try await provider(hermes).fetch(request) },
      { try await provider(hermes).stream([Self.ticks], now: { hermes.clock.now }) { _ in } },
    ] {
      let refusal = await #expect(throws: FeedError.self) { try await open() }
      #expect(refusal?.reason.contains("FEED_API_KEY") == true)
    }
    #expect(try await provider(hermes, ["api_key": "k"]).fetch(request).records.count == 1)
    let (_, running) = try await listen(hermes, [Self.ticks], ["api_key": "k"])
    hermes.events.cut()
    _ = await running.result
    try await hermes.stop()
  }

  /// All that a walk from `start` finds.
  private func walk(_ provider: PythProvider, _ key: FeedKey, from start: Int64, now: Int64) async throws
    -> [FeedRecord]
  {
    var walk = BackfillWalk(
      key: key, start: Timestamp(seconds: start), end: Timestamp(seconds: now + 60), endsAtShortPage: true)
    var records: [FeedRecord] = []
    while let request = walk.next(now: Timestamp(seconds: now)) {
      let page = try await provider.fetch(request)
      records += page.records
      walk.took(page)
    }
    return records
  }

  /// A price for each of the seconds.
  private func price(_ second: Int64) -> Int64 { 6_500_000_000_000 + (second * 7_919 % 1_000) * 100_000_000 }

  @Test("a gap of ticks is filled second by second, and what was not published is not made up")
  func pastTicks() async throws {
    let hermes = try await Self.hermes()
    let seconds = (0..<120).map { Self.start + Int64($0) }.filter { !(40..<70).contains($0 - Self.start) }
    for second in seconds { hermes.publish(price(second), at: second, tells: false) }
    let found = try await walk(provider(hermes), Self.ticks, from: Self.start, now: Self.start + 119)
    #expect(Set(found.map(\.eventTime.seconds)) == Set(seconds))
    #expect(found.allSatisfy { $0.values["price"]?.number == Double(price($0.eventTime.seconds)) / 1e8 })
    // Thirty seconds of silence cost one question.
    #expect(hermes.requests.count < 100)
    try await hermes.stop()
  }

  @Test("a gap of candles gets exact opens and closes, and the forming one goes on")
  func pastCandles() async throws {
    let hermes = try await Self.hermes()
    for second in Self.start..<(Self.start + 200) { hermes.publish(price(second), at: second, tells: false) }
    let found = try await walk(provider(hermes), Self.candles, from: Self.start, now: Self.start + 199)
    let closed = found.filter(\.isClosed)
    #expect(closed.map { $0.eventTime.seconds - Self.start } == [0, 60, 120])
    for candle in closed {
      let opened = candle.eventTime.seconds
      #expect(candle.values["open"]?.number == Double(price(opened)) / 1e8)
      #expect(candle.values["close"]?.number == Double(price(opened + 59)) / 1e8)
      #expect(candle.meta[PythProvider.sampledKey]?.bool == true)
    }
    let forming = try #require(found.last)
    #expect(!forming.isClosed)
    #expect(forming.values["open"]?.number == Double(price(Self.start + 180)) / 1e8)
    #expect(forming.values["close"]?.number == Double(price(Self.start + 199)) / 1e8)
    try await hermes.stop()
  }

  @Test("Hermes' limit of requests is kept, also by a long gap")
  func limit() {
    var allowance = RequestAllowance(rate: .init(requests: 30, seconds: 10))
    let now = Timestamp(seconds: Self.start)
    for second in 0..<30 {
      #expect(allowance.wait(now: now.adding(seconds: Double(second) / 10)) == 0)
      allowance.sends(now: now.adding(seconds: Double(second) / 10))
    }
    #expect(allowance.wait(now: now.adding(seconds: 3)) == 7)
    #expect(allowance.wait(now: now.adding(seconds: 10)) == 0)
    allowance.sends(now: now.adding(seconds: 10))
    #expect(allowance.wait(now: now.adding(seconds: 10)) > 0)
  }

  @Test("streaming can be switched off")
  func settings() throws {
    #expect(try PythProvider(FeedOptions([:])).canStream(Self.ticks))
    #expect(try !PythProvider(FeedOptions(["stream": "false"])).canStream(Self.ticks))
  }
}
