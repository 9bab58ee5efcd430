import Competition
import Testing

@Suite("The truth of a task, from candles")
struct CandleTruthTests {
  private let feed = TruthCase.candles
  private let resolver = GroundTruthResolver(contract: .default, graceSeconds: 300, maxWaitSeconds: 86_400)

  /// Performed 30 s after a minute, due 60 s later: the prices are those of minutes 0 and 1.
  private func decide(
    _ records: [FeedRecord], passedAt: Double? = nil, waited: Double = 1, horizonSeconds: Double = 60
  ) -> TruthDecision {
    TruthCase(resolver, feed, performedAt: 30, horizonSeconds: horizonSeconds)
      .decide(records, passedAt: passedAt, waited: waited)
  }

  @Test("the price at a time is the close of the candle that closed last before it")
  func prices() throws {
    let records = [candle(-1, 7), candle(0, 100), candle(1, 110), candle(2, 500)]
    let truth = try #require(decide(records).truth)
    #expect(truth.value["entry_price"] == 100.0 && truth.value["resolved_price"] == 110.0)
    #expect(truth.value["profit"] == 0.1 && truth.value["return"] == 0.1 && truth.value["direction_up"] == true)
    #expect(truth.value["symbol"] == "BTC")
    #expect(truth.inputID == "INP" && truth.scopeKey == "BTC-60")
  }

  @Test("a candle that closes at the very moment is known then")
  func atTheMoment() throws {
    let task = TruthCase(resolver, feed, performedAt: 60, horizonSeconds: 60)
    let truth = try #require(task.decide([candle(0, 1), candle(1, 100), candle(2, 120)], waited: 0).truth)
    #expect(truth.value["entry_price"] == 100.0 && truth.value["resolved_price"] == 120.0)
  }

  @Test("the query reads just the records that the truth may need")
  func query() {
    let query = TruthCase(resolver, feed, performedAt: 30, horizonSeconds: 600).query
    // The entry's candle opens a minute before minute 0; a fifth of the horizon before it something may stand in.
    #expect(query.from == TruthCase.minute(-1).adding(seconds: -120))
    #expect(query.through == TruthCase.minute(9))
  }

  @Test("a candle that is not closed is never truth")
  func forming() {
    let forming = candle(1, 110, closed: false)
    #expect(decide([candle(0, 100), forming]).isWaiting)
    var fresh = candle(1, 110)
    fresh.meta = [:]
    fresh.ingestedTime = TruthCase.minute(1).adding(seconds: -0.000001)
    #expect(decide([candle(0, 100), fresh]).isWaiting)
    fresh.ingestedTime = TruthCase.minute(1)
    #expect(decide([candle(0, 100), fresh]).truth != nil)
  }

  @Test("a feed that has not come so far is waited for, and looked at again soon")
  func waits() throws {
    for waited in [0.0, 10, 3_600] {
      let until = try #require(decide([candle(0, 100)], waited: waited).waitUntil)
      let now = TruthCase.minute(0).adding(seconds: 90 + waited)
      #expect(until > now && until <= now.adding(seconds: 5))
    }
  }

  @Test("a gap is waited for during the grace, which begins when the feed goes on")
  func grace() {
    #expect(decide([candle(0, 100)], passedAt: 10, waited: 309.9).isWaiting)
    #expect(decide([candle(0, 100)], passedAt: 10, waited: 310).truth != nil)
    #expect(decide([candle(0, 100)], passedAt: 5_000, waited: 5_200).isWaiting)
  }

  @Test("a record that is entry and exit counts twice: a still market is a return of 0")
  func stillMarket() throws {
    var record = candle(0, 100)
    record.values["open"] = 50.0
    let truth = try #require(decide([record], passedAt: 0, waited: 400).truth)
    #expect(truth.value["profit"]?.number == 0)
    #expect(truth.value["direction_up"] == false)
  }

  @Test("what stands in is not older than a candle, or a fifth of the horizon")
  func standIn() throws {
    func late(_ records: [FeedRecord], horizonSeconds: Double) -> TruthDecision {
      decide(records, passedAt: 0, waited: 400, horizonSeconds: horizonSeconds)
    }
    // Due 60 s later: at most one candle older.
    #expect(late([candle(-1, 90), candle(1, 110)], horizonSeconds: 60).truth?.value["entry_price"] == 90.0)
    #expect(late([candle(-2, 80), candle(1, 110)], horizonSeconds: 60).failure?.contains("performed_at") == true)
    // Due 600 s later, at minute 10: at most 120 s older.
    #expect(late([candle(0, 100), candle(8, 130)], horizonSeconds: 600).truth?.value["resolved_price"] == 130.0)
    #expect(late([candle(0, 100), candle(7, 130)], horizonSeconds: 600).failure?.contains("resolvable_at") == true)
  }

  @Test("the exit stands in while the entry is exact, and the other way round")
  func oneStandsIn() throws {
    let truth = decide([candle(0, 100)], passedAt: 0, waited: 400, horizonSeconds: 60).truth
    #expect(truth?.value["entry_price"] == 100.0 && truth?.value["resolved_price"] == 100.0)
  }

  @Test("without a limit in the contract an old record stands in as well")
  func unlimited() {
    var contract = CrunchContract.default
    contract.maxGroundTruthStalenessFraction = 0
    let task = TruthCase(
      GroundTruthResolver(contract: contract, graceSeconds: 300, maxWaitSeconds: 86_400), feed, performedAt: 30,
      horizonSeconds: 60)
    let truth = task.decide([candle(-500, 80), candle(1, 110)], passedAt: 0, waited: 400).truth
    #expect(truth?.value["entry_price"] == 80.0)
  }

  @Test("after the longest wait a silent feed has no truth, and a gap is no longer waited for")
  func longestWait() throws {
    #expect(decide([candle(0, 100)], waited: 86_399).isWaiting)
    #expect(try #require(decide([candle(0, 100)], waited: 86_400).failure).contains("86400"))
    #expect(decide([candle(0, 100)], passedAt: 86_390, waited: 86_400).truth != nil)
  }

  @Test("a record without a price, or with a price of 0 at the entry, tells no truth")
  func noPrice() {
    #expect(decide([candle(0, 0), candle(1, 110)]).failure != nil)
    var empty = candle(1, 1)
    empty.values = ["close": "unknown"]
    #expect(decide([candle(0, 100), empty]).failure != nil)
  }

  @Test("workers that see the same records find the same truth; other records leave another digest")
  func digest() throws {
    let records = [candle(0, 100), candle(1, 110)]
    let truth = try #require(decide(records).truth)
    let later = records.map { record in
      var copy = record
      copy.ingestedTime = record.ingestedTime.adding(seconds: 77)
      return copy
    }
    #expect(try #require(decide([candle(-1, 5)] + later + [candle(2, 6)]).truth).recordsDigest == truth.recordsDigest)
    #expect(decide([candle(0, 100), candle(1, 110.5)]).truth?.recordsDigest != truth.recordsDigest)
    #expect(truth.recordsDigest.count == 64)
  }

  private func candle(_ minute: Int, _ close: Double, closed: Bool = true) -> FeedRecord {
    TruthCase.candle(closingAt: minute, close, closed: closed)
  }
}
