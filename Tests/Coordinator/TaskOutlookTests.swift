import Bus
import Competition
import Testing

@testable import Coordinator
@testable import Diagnosis
@testable import Store

@Suite("Why a task is where it is")
struct TaskOutlookTests {
  private static let due = Timestamp(seconds: 1_771_000_000)
  private static let entry = EntryID(milliseconds: 1_771_000_000_100, sequence: 0)

  private static func worker(_ name: String = "w", service: String = "score-worker", leads: Bool = true) -> WorkerNote {
    WorkerNote(
      name: name, service: service, startedAt: due, seenAt: due, state: "working", leads: leads, handled: 0)
  }

  private static func redis(
    _ entries: [EntryPlace] = [], delayedUntil: Timestamp? = nil, workers: [WorkerNote] = [worker()], unread: Int = 0
  ) -> TaskOutlook.Redis {
    TaskOutlook.Redis(
      places: TaskPlaces(delayedUntil: delayedUntil, entries: entries), workers: workers, unread: unread)
  }

  private static func outlook(
    after seconds: Double = 5, truth: TruthState = .ready, redis: TaskOutlook.Redis? = redis(),
    pause: PauseStore.Pause? = nil
  ) -> TaskOutlook {
    TaskOutlook(
      TaskOutlook.Situation(
        resolvableAt: due, truth: truth, redis: redis, pause: pause, leaseSeconds: 30, maxDeliveries: 8,
        now: due.adding(seconds: seconds)))
  }

  private static func inWork(on worker: String, idle: Int, deliveries: Int) -> EntryPlace {
    .inWork(PendingEntry(id: entry, consumer: worker, idle: .seconds(idle), deliveries: deliveries))
  }

  @Test("what is not due says when it will be")
  func notDue() {
    let outlook = Self.outlook(after: -12)
    #expect(outlook.why == "it is not due yet")
    #expect(outlook.next == "in 12 s its task goes into predictions.pending")
  }

  @Test("what is in work names the worker, since when, and the delivery")
  func inWork() {
    let outlook = Self.outlook(redis: Self.redis([Self.inWork(on: "w", idle: 3, deliveries: 2)]))
    #expect(outlook.why.contains("pending on w, not renewed for 3.0 s, delivery 2"))
    #expect(outlook.next.contains("w lives") && outlook.next.contains("within 27 s"))
  }

  @Test("work of a worker that is gone says when another takes over")
  func deadWorker() {
    let outlook = Self.outlook(redis: Self.redis([Self.inWork(on: "gone", idle: 10, deliveries: 1)]))
    #expect(outlook.next.contains("gone lives no more: another worker takes the entry over about 22 s from now"))
  }

  @Test("the last delivery says that the next failure is the last")
  func lastDelivery() {
    let outlook = Self.outlook(redis: Self.redis([Self.inWork(on: "w", idle: 1, deliveries: 8)]))
    #expect(outlook.next.contains("dead letter"))
  }

  @Test("an unread entry waits for a free worker, a pause or a missing worker")
  func unread() {
    let unread = Self.redis([.unread(Self.entry)], unread: 40)
    #expect(Self.outlook(redis: unread).why.contains("\(Self.entry)"))
    #expect(Self.outlook(redis: unread).why.contains("40 entries are unread"))
    #expect(Self.outlook(redis: unread).next == "the next free score worker takes it")
    let pause = PauseStore.Pause(stream: "predictions.pending", reason: "maintenance", since: Self.due)
    let paused = Self.outlook(redis: unread, pause: pause)
    #expect(paused.next.contains("paused") && paused.next.contains("maintenance"))
    #expect(paused.next.contains("coordinator resume predictions.pending"))
    let nobody = Self.redis([.unread(Self.entry)], workers: [Self.worker(service: "predict-worker")])
    #expect(Self.outlook(redis: nobody).next.contains("no score worker lives"))
  }

  @Test("a task that Redis lost is published again by the leader")
  func lost() {
    #expect(Self.outlook().why.contains("Redis does not have its task"))
    #expect(Self.outlook().next.contains("publishes it again"))
    let leaderless = Self.redis(workers: [Self.worker(leads: false)])
    #expect(Self.outlook(redis: leaderless).next.contains("no score worker leads"))
    // What was handled before says nothing about the predictions that wait.
    #expect(Self.outlook(redis: Self.redis([.handled(Self.entry)])).why.contains("Redis does not have its task"))
  }

  @Test("a task that is due and has no room says so")
  func overdue() {
    #expect(Self.outlook(redis: Self.redis(delayedUntil: Self.due)).why.contains("waits in the delayed set for room"))
  }

  @Test("without Redis what PostgreSQL knows is told")
  func redisAway() {
    #expect(Self.outlook(redis: nil).why.contains("Redis is away"))
    #expect(Self.outlook(after: -12, redis: nil).why == "it is not due yet")
  }

  // MARK: Truth

  private static let candles = FeedKey(source: "binance", subject: "BTC", kind: .candle, granularity: "1m")

  private static func truth(_ records: TruthState.Records) -> TruthState {
    TruthState(
      .wait(until: due.adding(seconds: 6), reason: ""), records, performedAt: due.adding(seconds: -60),
      resolvableAt: due, graceSeconds: 300, maxWaitSeconds: 86_400)
  }

  @Test("a missing candle is named, with the end of the grace and what comes then")
  func missingCandle() throws {
    let entry = GroundTruthResolver.eventTime(at: Self.due.adding(seconds: -60), Self.candles)
    let exit = GroundTruthResolver.eventTime(at: Self.due, Self.candles)
    let passedAt = Self.due.adding(seconds: 2)
    let truth = Self.truth(
      TruthState.Records(
        feed: Self.candles, closed: [entry], newest: Self.due.adding(seconds: 60), passedAt: passedAt))
    let outlook = Self.outlook(truth: truth, redis: Self.redis(delayedUntil: Self.due.adding(seconds: 6)))
    #expect(outlook.why.contains("binance:BTC:candle:1m") && outlook.why.contains("\(exit)"))
    #expect(!outlook.why.contains("\(entry)"))
    #expect(outlook.next.contains("looked at again in 1.0 s"))
    #expect(outlook.next.contains("from \(passedAt.adding(seconds: 300)) on a record before it stands in"))
  }

  @Test("a silent feed is waited for until the longest wait ends")
  func silentFeed() {
    let ticks = FeedKey(source: "pyth", subject: "BTC", kind: .tick, granularity: "1s")
    let truth = Self.truth(TruthState.Records(feed: ticks, closed: [], newest: nil, passedAt: nil))
    let outlook = Self.outlook(truth: truth)
    #expect(outlook.why.contains("a record of pyth:BTC:tick:1s at or after \(Self.due)"))
    #expect(outlook.next.contains("from \(Self.due.adding(seconds: 86_400)) on the prediction fails"))
  }

  @Test("what lies in work comes before what its truth lacks")
  func inWorkFirst() {
    let outlook = Self.outlook(
      truth: .waiting(missing: "a record", until: Self.due, then: "it fails"),
      redis: Self.redis([Self.inWork(on: "w", idle: 1, deliveries: 1)]))
    #expect(outlook.why.contains("pending on w"))
  }
}
