import Bus
import Competition
import Feeds
import TestKit
import Testing

@testable import FeedDataWorker

@Suite("What a poller decides")
struct FeedDecisionTests {
  private static let key = FeedKey(source: "s", subject: "A", kind: .candle, granularity: "1m")
  private static let now = Timestamp(seconds: 1_790_000_000)

  private func time(_ minute: Int) -> Timestamp { Self.now.adding(seconds: minute * 60) }

  private func record(_ minute: Int, close: Double = 1, closed: Bool = true) -> FeedRecord {
    FeedRecord(
      key: Self.key, eventTime: time(minute), ingestedTime: Self.now, values: ["close": .double(close)],
      meta: [FeedRecord.closedMetaKey: .bool(closed)])
  }

  @Test("a hole is looked at soon, then ever more rarely, and no more after an hour")
  func holes() {
    var watch = HoleWatch(stepSeconds: 60)
    let times = [time(-5), time(-2), time(-1)]
    #expect(watch.due(times: times, now: Self.now) == nil)
    var looks: [Int] = []
    for second in 1...7_200 where watch.due(times: times, now: Self.now.adding(seconds: second)) == time(-5) {
      looks.append(second)
    }
    #expect(looks == [5, 15, 35, 75, 155, 315, 635, 1_275, 2_555])
  }

  @Test("a hole that is filled is forgotten")
  func filled() {
    var watch = HoleWatch(stepSeconds: 60)
    #expect(watch.due(times: [time(-3), time(-1)], now: Self.now) == nil)
    #expect(watch.due(times: [time(-3), time(-2), time(-1)], now: Self.now.adding(seconds: 10)) == nil)
    #expect(watch.due(times: [time(-3), time(-1)], now: Self.now.adding(seconds: 20)) == nil)
  }

  @Test("only what says something new is handed on, and a closed candle does not open again")
  func news() {
    var progress = FeedProgress(key: Self.key)
    func news(_ record: FeedRecord) -> Bool {
      !progress.news(in: FeedPage(records: [record]), now: Self.now).records.isEmpty
    }
    #expect(news(record(-1, close: 1, closed: false)))
    #expect(!news(record(-1, close: 1, closed: false)))
    #expect(news(record(-1, close: 2, closed: false)))
    #expect(news(record(-1, close: 2, closed: true)))
    #expect(!news(record(-1, close: 3, closed: false)))
    #expect(news(record(-1, close: 3, closed: true)))
  }

  @Test("a feed without a past begins as far back as it is told, one with a past where it stopped")
  func start() {
    var progress = FeedProgress(key: Self.key)
    #expect(progress.start(from: nil, backfillSeconds: 600, now: Self.now) == time(-10))
    #expect(progress.start(from: time(-30), backfillSeconds: 600, now: Self.now) == time(-40))
    progress.endOfWalk()
    #expect(progress.start(from: time(-30), backfillSeconds: 600, now: Self.now) == time(-30))
  }

  @Test("a feed whose past takes its time begins with what is prompt; the rest of a gap follows, from where it was")
  func promptStart() {
    var fresh = FeedProgress(key: Self.key, promptSeconds: 60)
    #expect(fresh.start(from: nil, backfillSeconds: 600, now: Self.now) == time(-1))
    var progress = FeedProgress(key: Self.key, promptSeconds: 60)
    func start(from mayChange: Timestamp) -> Timestamp {
      progress.start(from: mayChange, backfillSeconds: 600, now: Self.now)
    }
    #expect(start(from: time(-5)) == time(-1))
    progress.endOfWalk()
    #expect(progress.isBehind)
    #expect(start(from: time(0)) == time(-5))
    progress.walked(to: time(-3))
    #expect(start(from: time(0)) == time(-3))
    progress.endOfWalk()
    #expect(!progress.isBehind)
    #expect(start(from: time(0)) == time(0))
    progress.interrupted(at: time(-2), now: Self.now)
    progress.interrupted(at: time(-1), now: Self.now)
    #expect(start(from: time(0)) == time(-2))
    // What comes while a walk is under way is for the next one.
    progress.interrupted(at: time(-1), now: Self.now)
    progress.endOfWalk()
    #expect(start(from: time(0)) == time(-1))
    progress.endOfWalk()
    progress.interrupted(at: time(-60), now: Self.now)
    #expect(start(from: time(0)) == time(-10))
  }

  @Test("a stream that is there again is behind from where it ended, not from what was polled meanwhile")
  func away() {
    var progress = FeedProgress(key: Self.key, promptSeconds: 60)
    func start() -> Timestamp { progress.start(from: progress.newest, backfillSeconds: 6_000, now: Self.now) }
    func take(_ minute: Int) { _ = progress.news(in: FeedPage(records: [record(minute)]), now: Self.now) }
    take(-9)
    progress.endOfWalk()
    progress.wentAway()
    take(-5)
    progress.wentAway()
    #expect(start() == time(-5) && !progress.wantsAll)
    progress.cameBack(now: Self.now)
    take(-1)
    #expect(start() == time(-9) && progress.wantsAll)
    progress.endOfWalk()
    progress.cameBack(now: Self.now)
    #expect(start() == time(-1))
  }

  @Test("after a long pause of a stream of ticks it is asked what was left out, where the provider has a past")
  func leftOut() {
    var key = Self.key
    (key.kind, key.granularity) = (.tick, "1s")
    func tick(_ second: Int) -> FeedRecord {
      FeedRecord(
        key: key, eventTime: Self.now.adding(seconds: second), ingestedTime: Self.now, values: ["price": .int(1)])
    }
    for (prompt, expected) in [(60, [false, true]), (nil, [false, false])] as [(Int?, [Bool])] {
      var progress = FeedProgress(key: key, promptSeconds: prompt)
      var found: [Bool] = []
      _ = progress.news(in: FeedPage(records: [tick(-60)]), now: Self.now)
      for second in [-50, -39] {
        let before = progress.newest
        _ = progress.news(in: FeedPage(records: [tick(second)]), now: Self.now)
        found.append(progress.leftOut(after: before))
      }
      #expect(found == expected)
    }
  }

  @Test("what a stream tells beyond what can be kept is counted, and to be asked for")
  func overflow() {
    let inbox = FeedInbox()
    for _ in 0...FeedInbox.capacity { inbox.put(FeedPage()) }
    inbox.put(FeedPage())
    let content = inbox.take()
    #expect(content.dropped == FeedInbox.capacity + 1 && content.opened && content.pages.count == 1)
    #expect(inbox.take().dropped == 0)
  }

  @Test("clocks that are apart are a finding, once an hour")
  func skew() {
    var watch = QualityWatch(key: Self.key, outlierFraction: 0.1)
    let now = Self.now.floored(toSeconds: 3_600)
    #expect(watch.finding(ofSkew: -1.9, now: now) == nil)
    let found = watch.finding(ofSkew: -3, now: now.adding(seconds: 5))
    #expect(found?.kind == .clockSkew && found?.eventTime == now && found?.detail["our_clock_ahead_seconds"] == -3.0)
    #expect(watch.finding(ofSkew: 4, now: now.adding(seconds: 3_599)) == nil)
    #expect(watch.finding(ofSkew: 4, now: now.adding(seconds: 3_600)) != nil)
  }

  @Test("the log has so many lines a minute, and says how many it has not")
  func logAllowance() {
    var allowance = LogAllowance()
    let first = (0..<25).map { allowance.take(at: .seconds($0)) }
    #expect(first == Array(repeating: 0, count: 20) + Array(repeating: nil, count: 5))
    #expect(allowance.take(at: .seconds(60)) == 5)
    #expect(allowance.take(at: .seconds(61)) == 0)
  }

  @Test("all is told of while Redis is up, however much; once it is not, the newest thousand records wait for it")
  func waiting() async throws {
    let bus = FlakyBus(MemoryBus { Self.now })
    var untold = FeedAnnouncements()
    untold.add((0..<2_500).map { record($0) })
    try await untold.tell(bus, now: Self.now)
    #expect(untold.waiting.isEmpty && untold.takeDropped() == 0)
    #expect(try await bus.status(of: .feedRecords).length == 2_500)
    bus.isAway = true
    for records in [0..<900, 900..<1_500] {
      untold.add(records.map { record($0) })
      await #expect(throws: BusError.self) { try await untold.tell(bus, now: Self.now) }
    }
    #expect(untold.waiting.count == 1_000 && untold.waiting.first?.record.eventTime == time(500))
    #expect(untold.takeDropped() == 500 && untold.takeDropped() == 0)
    bus.isAway = false
    try await untold.tell(bus, now: Self.now)
    #expect(untold.waiting.isEmpty && untold.takeDropped() == 0)
  }

  @Test("what is told of is told a thousand at a time, and what a full stream does not take waits")
  func pages() async throws {
    let bus = MemoryBus(limits: BusLimits(streamLength: 1_000)) { Self.now }
    var untold = FeedAnnouncements()
    untold.add((0..<1_700).map { record($0) })
    await #expect(throws: BusError.self) { try await untold.tell(bus, now: Self.now) }
    #expect(untold.waiting.count == 700 && untold.waiting.first?.record.eventTime == time(1_000))
    #expect(try bus.status(of: .feedRecords).length == 1_000 && untold.takeDropped() == 0)
  }

  @Test("what a worker before took in for good is no news, whoever tells of it; what was forming is, when it is closed")
  func resume() {
    var progress = FeedProgress(key: Self.key)
    #expect(!progress.isToBeTold(record(-1), now: Self.now))
    progress.resume(from: time(-1), recent: [record(-3), record(-2), record(-1, closed: false)])
    func news(_ record: FeedRecord) -> [FeedRecord] {
      progress.news(in: FeedPage(records: [record]), now: Self.now).records
        .filter { progress.isToBeTold($0, now: Self.now) }
    }
    #expect(news(record(-3, closed: false)).isEmpty && news(record(-2)).isEmpty)
    #expect(news(record(-1)) == [record(-1)])
    progress.endOfWalk()
    #expect(news(record(-3)).isEmpty && news(record(-1)).isEmpty)
    #expect(news(record(0)) == [record(0)])
  }
}
