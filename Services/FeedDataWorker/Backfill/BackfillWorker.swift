import Competition
import Feeds
import Logging
import ServiceKit
import ServiceLifecycle
import Store
import Synchronization

/// Fetches the histories that somebody asked for. Jobs are in `backfill_jobs`; several are worked on side by side. One worker
/// at a time fetches from a source; when it is gone another goes on from where the job says.
struct BackfillWorker: Service {
  let store: Store
  let providers: BackfillProviders
  let claims: BackfillClaims
  let folder: HistoryFolder
  let pace: RequestPace
  let logger: Logger
  /// The longer candles of this worker's feeds.
  var derived: [FeedKey: DerivedCandles] = [:]
  /// Jobs at the same time.
  var concurrency = 4
  /// After a failure of a provider; doubles up to the longest.
  var firstPause: Duration = .seconds(1)
  var longestPause: Duration = .seconds(60)
  /// Between two looks for jobs.
  var pause: Duration = .seconds(1)
  var now: @Sendable () -> Timestamp = { Timestamp.now() }

  private static let atOnce = 100

  func run() async throws {
    let running = RunningJobs()
    try await withThrowingDiscardingTaskGroup { group in
      try await every(pause, logger: logger) {
        try await claims.renew(providers.ownSource)
        try await obeyCancellations()
        let jobs = try await store.backfills.open(limit: Self.atOnce)
        running.keep(Set(jobs.map(\.id)))
        for source in Set(jobs.map(\.source)) where source != providers.ownSource { try await claims.renew(source) }
        for job in jobs where claims.isHeld(job.source) && running.start(job.id, atMost: concurrency) {
          group.addTask {
            defer { running.end(job.id) }
            try await work(job) { claims.isHeld(job.source) && running.isWanted(job.id) }
          }
        }
      }
      // What runs looks whether the process drains, and ends with what it has.
    }
    await claims.releaseAll()
  }

  /// - Parameter isWanted: false once somebody has ended the job, or another worker has it.
  private func work(_ job: BackfillJob, while isWanted: @Sendable @escaping () -> Bool) async throws {
    var logger = logger
    logger[metadataKey: "job"] = "\(job.id)"
    logger[metadataKey: "subject"] = "\(job.subject)"
    guard try await persistently("begin a backfill", logger: logger, { try await store.backfills.begin(id: job.id) })
    else { return }
    do {
      if job.destination == .parquet, let refusal = HistoryFolder.refusal(of: job.key) { throw FeedError(refusal) }
      let provider = try await providers.provider(of: job.key, now: now())
      var run = BackfillRun(
        job: job, provider: provider, store: store, folder: folder, pace: pace, isWanted: isWanted, logger: logger,
        derived: derived[job.key], now: now)
      (run.firstPause, run.longestPause) = (firstPause, longestPause)
      try await run.run()
    } catch let error as FeedError {
      try await fail(job, error.reason, logger)
    } catch let error as HistoryError {
      try await fail(job, error.reason, logger)
    }
  }

  private func fail(_ job: BackfillJob, _ reason: String, _ logger: Logger) async throws {
    try await persistently("end a backfill", logger: logger) {
      try await store.backfills.fail(id: job.id, reason: reason)
    }
    logger.warning("backfill failed", metadata: ["cause": "\(reason)"])
  }

  /// Ends the jobs that somebody asked the API to cancel.
  private func obeyCancellations() async throws {
    for command in try await store.commands.open(.cancelBackfill, limit: Self.atOnce) {
      let job = try await store.backfills.cancel(id: command.target)
      try await store.commands.finish(
        id: command.id, state: job == nil ? "failed" : "done",
        result: job.map { ["status": .string($0.status), "records_written": .int($0.recordsWritten)] }
          ?? ["reason": "it was done already"])
      if let job { logger.notice("backfill cancelled", metadata: ["job": "\(job.id)"]) }
    }
  }
}

/// The jobs that this process works on.
private final class RunningJobs: Sendable {
  private struct State {
    var running: Set<String> = []
    var wanted: Set<String> = []
  }

  private let state = Mutex(State())

  /// What is not among these has been ended by somebody.
  func keep(_ wanted: Set<String>) { state.withLock { $0.wanted = wanted } }
  func isWanted(_ id: String) -> Bool { state.withLock { $0.wanted.contains(id) } }
  func end(_ id: String) { state.withLock { _ = $0.running.remove(id) } }

  /// - Returns: false when it runs already, or as many do as may.
  func start(_ id: String, atMost count: Int) -> Bool {
    state.withLock { state in
      guard state.running.count < count else { return false }
      return state.running.insert(id).inserted
    }
  }
}
