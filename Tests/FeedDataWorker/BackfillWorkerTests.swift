import Competition
import Feeds
import Foundation
import Logging
import Parquet
import ServiceLifecycle
import Store
import TestKit
import Testing

@testable import FeedDataWorker
@testable import ServiceKit

@Suite("The worker that backfills", .timeLimit(.minutes(3)))
struct BackfillWorkerTests {
  /// Runs workers until `body` is through.
  private func running<Result>(_ workers: BackfillWorker..., body: () async throws -> Result) async throws -> Result {
    let tasks = workers.map { worker in Task { try await worker.run() } }
    defer { for task in tasks { task.cancel() } }
    return try await body()
  }

  @Test("a history of many pages is stored, and nothing of it is announced as live")
  func whole() async throws {
    try await BackfillBench.with(minutes: 1_300) { bench in
      let asked = try await bench.ask(0...1_299)[0]
      let job = try await running(bench.worker("one")) { try await bench.end(of: asked) }
      #expect(job.status == "completed" && job.error == nil && job.progress == 100)
      // The last candle is still forming: it would stay as it is now.
      #expect(try await bench.stored() == Array(0...1_298))
      #expect(job.recordsWritten == 1_299 && job.pagesFetched == 3)
      #expect(try await bench.command(of: job) == "done")
      #expect(try await bench.store.feeds.streams().map(\.phase) == ["backfill-manual"])
    }
  }

  @Test("a worker that is killed leaves off where the next one goes on")
  func killed() async throws {
    try await BackfillBench.with(minutes: 4_000) { bench in
      let asked = try await bench.ask(0...3_998)[0]
      bench.gate.allow(3)
      try await running(bench.worker("one")) {
        try await waitUntil("three pages") { try await bench.job(asked)?.pagesFetched == 3 }
      }
      bench.gate.allow(.max)
      // Its lease was not let go: the next one waits until it has run out.
      let job = try await running(bench.worker("two")) { try await bench.end(of: asked) }
      #expect(job.status == "completed" && job.pagesFetched == 8 && job.recordsWritten == 3_999)
      #expect(try await bench.stored() == Array(0...3_998))
      #expect(bench.asked == [0, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500])
    }
  }

  @Test("of two workers one fetches, and when it drains the other goes on at once")
  func handOver() async throws {
    try await BackfillBench.with(minutes: 3_000) { bench in
      let asked = try await bench.ask(0...2_998)[0]
      bench.gate.allow(2)
      let first = ServiceGroup(services: [bench.worker("one")], logger: Logger(label: "one"))
      let leading = Task { try await first.run() }
      try await waitUntil("two pages") { try await bench.job(asked)?.pagesFetched == 2 }
      try await running(bench.worker("two")) {
        #expect(bench.asked == [0, 500])
        await first.triggerGracefulShutdown()
        bench.gate.allow(.max)
        try await leading.value
        #expect(try await bench.end(of: asked).status == "completed")
      }
      #expect(bench.asked == [0, 500, 1_000, 1_500, 2_000, 2_500])
      #expect(try await bench.stored() == Array(0...2_998))
    }
  }

  @Test("a job that is cancelled ends before its next page, and keeps what it has")
  func cancelled() async throws {
    try await BackfillBench.with(minutes: 3_000) { bench in
      for byCommand in [false, true] {
        let asked = try await bench.ask(0...2_998)[0]
        bench.gate.allow(1)
        let before = bench.asked.count
        try await running(bench.worker(byCommand ? "two" : "one")) {
          try await waitUntil("a page") { try await bench.job(asked)?.pagesFetched == 1 }
          if byCommand {
            let command = try await bench.store.commands.request(
              .cancelBackfill, target: asked.id, by: AdminAction(actor: "test"))
            try await waitUntil("the command") {
              try await bench.store.commands.command(id: command.id)?.state == "done"
            }
          } else {
            #expect(try await bench.store.backfills.cancel(id: asked.id)?.status == "cancelled")
          }
          // The page that was asked for already comes, and is not counted.
          bench.gate.allow(.max)
          let next = try await bench.ask(10...20)[0]
          #expect(try await bench.end(of: next).status == "completed")
        }
        let job = try #require(try await bench.job(asked))
        #expect(job.status == "cancelled" && job.pagesFetched == 1 && job.recordsWritten == 500)
        #expect(bench.asked.count - before <= 3)
        #expect(try await bench.command(of: job) == "failed")
        #expect(try await bench.store.backfills.cancel(id: asked.id) == nil)
      }
    }
  }

  @Test("subjects are fetched side by side")
  func sideBySide() async throws {
    try await BackfillBench.with(minutes: 100) { bench in
      var other = BackfillBench.key
      other.subject = "ETHUSDT"
      bench.gate.allow(0)
      let jobs = try await bench.ask(0...50, of: [BackfillBench.key, other])
      #expect(try await bench.ask(0...50).isEmpty)
      try await running(bench.worker("one")) {
        try await waitUntil("both are asked for") { bench.gate.waiting == ["BTCUSDT", "ETHUSDT"] }
        bench.gate.allow(.max)
        for job in jobs { #expect(try await bench.end(of: job).status == "completed") }
      }
      #expect(try await bench.stored(of: other) == Array(0...50))
    }
  }

  @Test("what nobody trades any more has a past")
  func halted() async throws {
    try await BackfillBench.with(minutes: 100) { bench in
      var halted = BackfillBench.key
      halted.subject = "ETHUSDT"
      bench.exchange.list(halted.subject, status: "BREAK")
      let asked = try await bench.ask(0...50, of: [halted])[0]
      let job = try await running(bench.worker("one")) { try await bench.end(of: asked) }
      #expect(job.status == "completed")
      #expect(try await bench.stored(of: halted) == Array(0...50))
    }
  }

  @Test("a provider that wants to be left alone is left alone for as long as it says")
  func leftAlone() async throws {
    let refusal = TestHTTPServer.Answer.reply(429, ["Retry-After": "2"], [])
    try await BackfillBench.with(minutes: 1_300, faults: [refusal]) { bench in
      let asked = try await bench.ask(0...1_298)[0]
      let began = ContinuousClock.now
      let job = try await running(bench.worker("one")) { try await bench.end(of: asked) }
      #expect(job.status == "completed" && job.recordsWritten == 1_299)
      #expect(began.duration(to: .now) >= .seconds(2))
      #expect(bench.asked == [0, 500, 500, 1_000])
    }
  }

  @Test("questions of all jobs together keep the pace")
  func pace() async throws {
    let pace = RequestPace(requestsPerSecond: 20)
    let began = ContinuousClock.now
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<5 { group.addTask { await pace.turn() } }
    }
    #expect(began.duration(to: .now) >= .milliseconds(200))
  }

  @Test("files by day are what other readers find, and later fetches are merged into them")
  func files() async throws {
    try await BackfillBench.with(minutes: 2_000) { bench in
      for span in [0...1_200, 1_100...1_999] {
        let asked = try await bench.ask(span, into: .parquet)[0]
        let job = try await running(bench.worker("worker \(span)")) { try await bench.end(of: asked) }
        #expect(job.status == "completed" && job.error == nil)
        // As if it had run out: a worker that is killed does not let it go.
        try await bench.store.pool.query("DELETE FROM leases")
      }
      #expect(try await bench.stored().isEmpty)
      let folder = bench.folder + "/binance/BTCUSDT/candle/1m"
      let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(files == ["2026-02-02.parquet", "2026-02-03.parquet"])
      var closes: [String] = []
      for file in files {
        let lines = try await ParquetPeer.lines("pyarrow", "\(folder)/\(file)")
        let types =
          [#""timestamp[us, tz=UTC]""#] + Array(repeating: #""string""#, count: 4)
          + Array(repeating: #""double""#, count: 5) + [#""string""#]
        #expect(lines.first == "[\(types.joined(separator: ", "))]")
        closes += lines.dropFirst().map { String($0.split(separator: ", ")[8]) }
      }
      // The first day begins at minute 0, and the candle that is forming is in no file.
      #expect(closes == (0...1_998).map { "\($0 + 1).25" })
      let hive = try await ParquetPeer.python(
        """
        import sys, duckdb
        found = duckdb.sql(f"SELECT count(*), min(ts_event)::varchar, sum(volume) FROM '{sys.argv[1]}/*/*/*/*/*.parquet'")
        print(found.fetchall()[0])
        """, [bench.folder])
      #expect(hive.first?.hasPrefix("(1999, ") == true && hive.first?.hasSuffix("19990.0)") == true)
    }
  }

  @Test("what cannot be done ends as failed, with the reason, and holds up nothing")
  func failures() async throws {
    try await BackfillBench.with(minutes: 100) { bench in
      let folder = bench.folder + "/binance/BTCUSDT/candle/1m"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/2026-02-02.parquet"))
      func key(_ change: (inout FeedKey) -> Void) -> FeedKey {
        var key = BackfillBench.key
        change(&key)
        return key
      }
      try await running(bench.worker("one")) {
        for (key, destination, reason) in [
          (key { $0.source = "nobody" }, BackfillDestination.records, "known are binance"),
          (key { $0.granularity = "7m" }, .records, "none of Binance's"),
          (key { $0.subject = "BTCUSD" }, .records, "did you mean BTCUSDT?"),
          (key { ($0.source, $0.kind) = ("clock", .tick) }, .records, "no history"),
          (key { $0.source = "exec" }, .records, "cannot be asked for a past"),
          (
            key { ($0.source, $0.kind, $0.granularity) = ("exec", .tick, "1s") }, .parquet, "cannot be asked for a past"
          ),
          (key { $0.subject = "../secret" }, .parquet, "cannot be the name of a folder"),
          (key { _ in }, .parquet, "is not replaced"),
        ] {
          let asked = try await bench.ask(0...20, into: destination, of: [key])[0]
          let job = try await bench.end(of: asked)
          #expect(job.status == "failed" && job.error?.contains(reason) == true, "\(job.error ?? "no reason")")
        }
        let last = try await bench.ask(0...20)[0]
        #expect(try await bench.end(of: last).status == "completed")
      }
      #expect(try String(contentsOfFile: folder + "/2026-02-02.parquet", encoding: .utf8) == "mine")
    }
  }

  @Test("a job for a feed that is played from a file ends as failed, with the reason")
  func tape() async throws {
    try await BackfillBench.with(minutes: 10) { bench in
      let asked = try await bench.ask(0...5)[0]
      let job = try await running(bench.worker("one", isTape: true)) { try await bench.end(of: asked) }
      #expect(job.status == "failed" && job.error?.contains("played from a file") == true)
      #expect(bench.asked == [])
    }
  }
}
