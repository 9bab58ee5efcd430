import Competition
import Feeds
import Logging
import ServiceLifecycle
import Store
import TestKit
import Testing

@testable import FeedDataWorker
@testable import ServiceKit

@Suite("Two workers of one feed", .timeLimit(.minutes(3)))
struct TakeOverTests {
  private func duty(_ name: String, _ database: TestDatabase) -> Duty {
    Duty(
      Duty.leaseName(of: [FeedBench.key]), holder: name, store: database.store,
      activity: Activity(name: name, service: "feed-data-worker", startedAt: .now()), logger: Logger(label: name))
  }

  @Test("one leads, and when it is gone the other goes on with no gap and tells nothing twice")
  func takeOver() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      bench.provider.put(bench.seconds(-5 ... -1))
      let first = duty("one", database)
      let second = duty("two", database)
      var leading = bench.poller
      leading.duty = first
      var standing = bench.poller
      standing.duty = second
      let one = FeedDataWorker(pollers: [leading], duty: first)
      let running = Task { try await one.run() }
      try await waitUntil("the past") { try await bench.stored() == Array(-5 ... -1) }
      bench.provider.put(bench.seconds(0...1))
      bench.provider.advance(2)
      try await waitUntil("news are told") { try await bench.announced() == [0, 1] }
      let two = FeedDataWorker(pollers: [standing], duty: second)
      let other = Task { try await two.run() }
      // As if killed: the lease is not let go, and what comes meanwhile is seen by nobody.
      running.cancel()
      _ = await running.result
      bench.provider.put(bench.seconds(2...6))
      bench.provider.advance(5)
      try await waitUntil("the other leads") { second.isHeld }
      #expect(!first.isHeld || !second.isHeld)
      try await waitUntil("what came meanwhile") { try await bench.announced() == Array(0...6) }
      #expect(try await bench.stored() == Array(-5...6))
      other.cancel()
      _ = await other.result
    }
  }

  @Test("of what the one before took in only the candle that was forming is told of again, when it is closed")
  func resumes() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      bench.provider.put(bench.seconds(-5 ... -1))
      var first = FeedProgress(key: FeedBench.key)
      try await bench.poller.advance(&first)
      // The stream left the end of one out, and told of the next ones.
      bench.provider.put(bench.seconds(0...0), closed: false)
      bench.provider.put(bench.seconds(1...3))
      bench.provider.advance(4)
      try await bench.poller.advance(&first)
      #expect(try await bench.announced() == [0, 1, 2, 3])
      // Who is asked has not closed the newest one yet, unlike the stream that told of it.
      bench.provider.put(bench.seconds(0...0))
      bench.provider.put(bench.seconds(3...3), closed: false)
      var second = FeedProgress(key: FeedBench.key)
      try await bench.poller.advance(&second)
      #expect(try await bench.announced() == [0, 1, 2, 3, 0])
      bench.provider.put(bench.seconds(3...4))
      bench.provider.advance(1)
      try await bench.poller.advance(&second)
      #expect(try await bench.announced() == [0, 1, 2, 3, 0, 4])
    }
  }

  @Test("who believes to lead and does not, by PostgreSQL's clock, stores and tells nothing")
  func heldUp() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      bench.provider.put(bench.seconds(-5 ... -1))
      let duty = duty("one", database)
      var poller = bench.poller
      poller.duty = duty
      let worker = FeedDataWorker(pollers: [poller], duty: duty)
      let running = Task { try await worker.run() }
      try await waitUntil("the past") { try await bench.stored() == Array(-5 ... -1) }
      // As if it had been held up past the end of its lease.
      try await database.store.pool.query(
        "UPDATE leases SET holder = 'two', expires_at = clock_timestamp() + interval '1 hour'")
      #expect(duty.isHeld)
      bench.provider.put(bench.seconds(0...1))
      bench.provider.advance(2)
      try await waitUntil("it knows") { !duty.isHeld }
      #expect(try await bench.stored() == Array(-5 ... -1))
      #expect(try await bench.announced().isEmpty)
      running.cancel()
      _ = await running.result
    }
  }

  @Test("a feed that its provider refuses ends a worker that leads, with the reason")
  func refused() async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store)
      bench.provider.refuse("none of ours")
      let leads = duty("one", database)
      var poller = bench.poller
      poller.duty = leads
      let worker = FeedDataWorker(pollers: [poller], duty: leads)
      let refusal = await #expect(throws: FeedError.self) { try await worker.run() }
      #expect(refusal?.reason == "none of ours")
    }
  }

  @Test("workers of other feeds have a lease of their own")
  func names() {
    var other = FeedBench.key
    other.subject = "Y"
    #expect(Duty.leaseName(of: [FeedBench.key, other]) == Duty.leaseName(of: [other, FeedBench.key]))
    #expect(Duty.leaseName(of: [FeedBench.key]) != Duty.leaseName(of: [other]))
  }
}
