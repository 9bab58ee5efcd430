import Competition
import Feeds
import Logging
import Store
import TestKit
import Testing

@testable import FeedDataWorker
@testable import ServiceKit

@Suite("A backfill whose provider answers rubbish", .timeLimit(.minutes(3)))
struct BackfillRubbishTests {
  private static func time(_ second: Int) -> Timestamp { Timestamp(seconds: Int64(FeedBench.start + second)) }

  private static func worker(_ bench: FeedBench, pause: Duration) -> BackfillWorker {
    let logger = Logger(label: "test")
    var worker = BackfillWorker(
      store: bench.store,
      providers: BackfillProviders(
        source: "fake", provider: bench.provider, keys: [bench.poller.key], feeds: bench.store.feeds
      ) { throw FeedError("there is no \($0)", isTransient: false) },
      claims: BackfillClaims(leases: bench.store.leases, holder: "one", logger: logger),
      folder: HistoryFolder(path: "/nowhere"), pace: RequestPace(requestsPerSecond: 10_000), logger: logger)
    (worker.firstPause, worker.longestPause) = (pause, pause)
    worker.pause = .milliseconds(10)
    worker.now = { [provider = bench.provider] in provider.now }
    return worker
  }

  /// A job for the seconds 0 to 9, and a gap of them where they are ticks.
  /// - Parameters:
  ///   - usable: what the provider has beside the rubbish.
  ///   - pause: after an answer of rubbish.
  private static func with(
    _ key: FeedKey, rubbish: String, usable: [Int], pause: Duration,
    _ body: @Sendable (FeedBench, BackfillJob) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      let bench = FeedBench(database.store, key: key)
      bench.provider.advance(3_600)
      bench.provider.put(usable.map { $0 + FeedBench.start })
      bench.provider.reject([rubbish])
      if key.kind == .tick { try await bench.store.gaps.note(time(0)...time(9), of: key, nextSeconds: 3_600) }
      let request = BackfillRequest(
        source: key.source, subject: key.subject, kind: key.kind.rawValue, granularity: key.granularity,
        start: time(0), end: time(9), destination: .records)
      let job = try await bench.store.backfills.request([request], by: AdminAction(actor: "test")).made[0]
      let running = Task { [worker = worker(bench, pause: pause)] in try await worker.run() }
      defer { running.cancel() }
      try await body(bench, job)
    }
  }

  private static func end(of job: BackfillJob, _ bench: FeedBench) async throws -> BackfillJob? {
    try await waitUntil("the job's end") { try await bench.store.backfills.job(id: job.id)?.isOpen == false }
    return try await bench.store.backfills.job(id: job.id)
  }

  private static func gaps(_ bench: FeedBench) async throws -> [FeedGap.State] {
    try await bench.store.gaps.list(includesRepaired: true, limit: 9).map(\.state)
  }

  @Test("fails with the reason when that does not end, and no gap counts as filled", arguments: [[], [0, 1, 2]])
  func forGood(usable: [Int]) async throws {
    for key in [FeedBench.key, FeedBench.ticks] {
      try await Self.with(key, rubbish: "row 3 makes no sense", usable: usable, pause: .milliseconds(1)) {
        bench, asked in
        let job = try #require(try await Self.end(of: asked, bench))
        #expect(job.status == "failed" && job.recordsWritten == 0)
        #expect(job.error?.contains("the provider's answer makes no sense: row 3 makes no sense") == true)
        #expect(job.error?.contains("times in a row") == true)
        #expect(try await Self.gaps(bench) == (key.kind == .tick ? [.open] : []))
      }
    }
  }

  @Test("goes on when it is over, and has all")
  func passing() async throws {
    // So long that its patience does not end before the rubbish does.
    let pause = Duration.milliseconds(500)
    try await Self.with(FeedBench.ticks, rubbish: "the answer is no list", usable: [], pause: pause) { bench, asked in
      try await waitUntil("it was asked again") { bench.provider.requests.count > 1 }
      bench.provider.put(bench.seconds(0...9))
      bench.provider.reject([])
      let job = try #require(try await Self.end(of: asked, bench))
      #expect(job.status == "completed" && job.recordsWritten == 10)
      #expect(try await bench.stored() == Array(0...9))
      #expect(try await Self.gaps(bench) == [.repaired])
    }
  }
}
