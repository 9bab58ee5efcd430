import Competition
import Testing

@testable import PredictWorker

@Suite("Which configs a record fires")
struct DueSlotsTests {
  /// Hands records over as soon as they are known and answers what fires.
  private struct Follower {
    var due: DueSlots
    var configs: [ScheduledPredictionConfig]

    init(_ configs: ScheduledPredictionConfig..., manySubjects: Bool = false) {
      due = DueSlots(contract: .default, timeoutSeconds: 60, deadlineSeconds: nil, hasManySubjects: manySubjects)
      self.configs = configs
    }

    mutating func take(_ record: FeedRecord, late seconds: Double = 0) -> [PredictionSlot] {
      due.due(record: record, configs: configs, now: record.knownTime.adding(seconds: seconds))
    }
  }

  @Test("a config fires once in each interval, with the first record known in it")
  func oncePerSlot() {
    var follower = Follower(Sample.config())
    let seconds: [Double] = [-0.5, 0, 1, 59.999999, 60, 61, 61, 119, 200]
    let fired = seconds.map { follower.take(Sample.tick($0)).map(\.slot) }
    let first = Sample.minute.seconds / 60
    #expect(fired == [[first - 1], [first], [], [], [first + 1], [], [], [], [first + 3]])
  }

  @Test("a record that comes again, or late and out of order, fires nothing twice")
  func redelivered() {
    var follower = Follower(Sample.config())
    let fired = [0.0, 61, 0, 61, 30].map { follower.take(Sample.tick($0)).count }
    #expect(fired == [1, 1, 0, 0, 0])
  }

  @Test("a candle counts when it is known, at its close")
  func candleTime() throws {
    var follower = Follower(Sample.config())
    let slots = follower.take(Sample.candle(0))
    let slot = try #require(slots.first)
    #expect(slot.slot == Sample.minute.seconds / 60 + 1)
    #expect(slot.inputID == "INP_20260213_162800.000")
  }

  @Test("only a live record fires: not older than twice its granularity, at least 30 s")
  func live() {
    let now = Sample.minute.adding(seconds: 1_000)
    func isLive(_ key: FeedKey, _ age: Double) -> Bool {
      let known = now.adding(seconds: -age)
      let opened = key.kind == .candle ? known.adding(seconds: -60) : known
      return DueSlots.isLive(FeedRecord(key: key, eventTime: opened, ingestedTime: now, values: [:]), now: now)
    }
    #expect(isLive(Sample.ticks, 0) && isLive(Sample.ticks, 30) && !isLive(Sample.ticks, 30.000001))
    #expect(isLive(Sample.candles, 120) && !isLive(Sample.candles, 120.000001))
  }

  @Test("a record of the past fires nothing and takes no slot from a live one")
  func backfilled() {
    var follower = Follower(Sample.config())
    #expect(follower.take(Sample.tick(0), late: 40).isEmpty)
    #expect(follower.take(Sample.tick(50)).count == 1)
  }

  @Test("slots that were missed are skipped, not made up")
  func missed() {
    var follower = Follower(Sample.config())
    let fired = [0.0, 3_600, 3_601].map { follower.take(Sample.tick($0)).count }
    #expect(fired == [1, 1, 0])
  }

  @Test("of records that are handled together, after a pause, the newest of each feed fires and not each of them")
  func together() {
    let news = [0.0, 1, 2].map { Sample.tick($0) } + [Sample.candle(0)]
    #expect(DueSlots.firing(news) == [Sample.tick(2), Sample.candle(0)])
    #expect(DueSlots.firing([]).isEmpty)
  }

  @Test("a config whose template names a subject fires on that one only, others on each in turn")
  func subjects() {
    var follower = Follower(
      Sample.config("named", template: ["subject": "ETH"]), Sample.config("open"), manySubjects: true)
    let fired = ["BTC", "ETH", "ETH", "BTC"].map { subject in
      follower.take(Sample.tick(0, subject: subject)).map { [$0.configID, $0.subject] }
    }
    #expect(fired == [[["open", "BTC"]], [["named", "ETH"], ["open", "ETH"]], [], []])
  }

  @Test("inputs of several subjects at the same time have ids of their own")
  func inputIDs() {
    var follower = Follower(Sample.config(), manySubjects: true)
    let ids = ["BTC", "BTC/USD"].flatMap { follower.take(Sample.tick(0.25, subject: $0)).map(\.inputID) }
    #expect(ids == ["INP_20260213_162700.250_BTC", "INP_20260213_162700.250_BTC_USD"])
  }

  @Test("configs due together fire in their order, each at its own interval")
  func several() {
    var follower = Follower(Sample.config("one"), Sample.config("two", every: 15), Sample.config("three", every: 300))
    let fired = [0.0, 16, 31, 60].map { follower.take(Sample.tick($0)).map(\.configID) }
    #expect(fired == [["one", "two", "three"], ["two"], ["two"], ["one", "two"]])
  }

  @Test("a config that took another's place has slots of its own")
  func replaced() {
    var follower = Follower(Sample.config("old"))
    _ = follower.take(Sample.tick(0))
    follower.configs = [Sample.config("new")]
    #expect(follower.take(Sample.tick(1)).map(\.configID) == ["new"])
  }

  @Test("a prediction is dispatched now, and its truth is due a horizon later")
  func times() throws {
    var follower = Follower(Sample.config(horizon: 300))
    let slots = follower.take(Sample.tick(0), late: 2.5)
    let slot = try #require(slots.first)
    #expect(slot.performedAt == Sample.minute.adding(seconds: 2.5))
    #expect(slot.resolvableAt == Sample.minute.adding(seconds: 302.5))
    #expect(slot.deadlineAt == Sample.minute.adding(seconds: 32.5))
  }

  @Test("the scope is the contract's, the template over it, and the feed that the truth will come from")
  func scope() throws {
    var follower = Follower(
      Sample.config(template: ["horizon_seconds": 7, "extra": ["deep": 1], "scope_key": "x"], horizon: 300))
    let slots = follower.take(Sample.tick(0, subject: "ETH"))
    #expect(
      try #require(slots.first).scope == [
        "subject": "ETH", "horizon_seconds": 7, "step_seconds": 15, "extra": ["deep": 1],
        "resolve_horizon_seconds": 300, "source": "pyth", "kind": "tick", "granularity": "1s",
      ])
  }
}
