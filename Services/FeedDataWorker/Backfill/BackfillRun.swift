import Competition
import Feeds
import Logging
import Metrics
import NIOPosix
import ServiceKit
import ServiceLifecycle
import Store

/// The work on one job: page by page from where the job stands to its end. What is stored is noted after it is stored, so a
/// worker that takes over stores at most the last piece again, over itself. Only what is closed is kept: a candle that is
/// still forming would stay as it is. Nothing is announced: history fires no prediction.
struct BackfillRun: Sendable {
  let job: BackfillJob
  let provider: any FeedProvider
  let store: Store
  let folder: HistoryFolder
  let pace: RequestPace
  /// False once somebody has ended the job, or another worker has it.
  let isWanted: @Sendable () -> Bool
  let logger: Logger
  /// Longer candles of the feed, which are made anew where records came in.
  var derived: DerivedCandles?
  var now: @Sendable () -> Timestamp = { Timestamp.now() }
  /// After a failure of the provider; doubles up to the longest.
  var firstPause: Duration = .seconds(1)
  var longestPause: Duration = .seconds(60)

  /// Failures in a row after which the job is given up: about half an hour.
  private static let patience = 30
  /// Records that are gathered before files are written, each of which is written anew as a whole.
  private static let gathered = 5_000

  private var goesOn: Bool { isWanted() && !Task.isShuttingDownGracefully && !Task.isCancelled }

  /// - Throws: `FeedError` when the provider has no such history, or fails for too long; `HistoryError` of a file.
  func run() async throws {
    var walk = BackfillWalk(key: job.key, start: job.cursor ?? job.start, end: job.end)
    var piece = Piece()
    while goesOn, let request = walk.next(now: now()) {
      guard let page = try await page(request) else { break }
      walk.took(page)
      let kept = page.records.filter { (job.start...job.end).contains($0.eventTime) && $0.isClosed }
      guard kept.count > 0 || page.records.isEmpty || page.records.contains(where: { $0.eventTime <= job.end }) else {
        throw FeedError(
          "the provider knows the present of \(job.kind) only; it has no history of it", isTransient: false)
      }
      piece.take(kept)
      if job.destination == .records || piece.records.count >= Self.gathered {
        guard try await put(piece, upTo: walk.cursor) else { return }
        piece = Piece()
      }
    }
    guard isWanted(), try await put(piece, upTo: walk.cursor), walk.next(now: now()) == nil else { return }
    if job.destination == .records {
      try await persistently("note what was filled", logger: logger) {
        try await store.gaps.filled(job.key, from: job.start, through: job.end)
      }
    }
    try await persistently("end a backfill", logger: logger) { try await store.backfills.complete(id: job.id) }
    logger.notice("backfill done", metadata: ["from": "\(job.start)", "to": "\(job.end)"])
  }

  /// What was fetched and is not stored yet.
  private struct Piece {
    var records: [FeedRecord] = []
    var pages = 0

    mutating func take(_ page: [FeedRecord]) {
      records += page
      pages += 1
    }
  }

  /// Asks until there is an answer of which every row makes sense.
  /// - Returns: nil when the work is to end before.
  private func page(_ request: FeedRequest) async throws -> FeedPage? {
    var pause = firstPause
    var failures = 0
    while true {
      await pace.turn()
      guard goesOn else { return nil }
      do {
        let page = try await provider.fetch(request).whole()
        for reason in page.refused { logger.info("row left out", metadata: ["reason": "\(reason)"]) }
        return page
      } catch let error as FeedError where error.isTransient {
        failures += 1
        guard failures < Self.patience else {
          throw FeedError(
            "\(error.reason), \(failures) times in a row; ask again to go on from \(request.start ?? job.start)")
        }
        let next = max(pause, error.retryAfter.map { .seconds($0) } ?? .zero)
        pause = min(pause * 2, longestPause)
        Counter(label: "coordinator_backfill_errors_total", dimensions: [("source", job.source)]).increment()
        logger.warning("provider failed", metadata: ["cause": "\(error)", "next": "\(next)"])
        await wait(next)
      }
    }
  }

  /// Waits, but not longer than the work is wanted.
  private func wait(_ duration: Duration) async {
    let end = Surrounding.current.uptime + duration
    while goesOn {
      let left = end - Surrounding.current.uptime
      guard left > .zero else { return }
      await rest(min(left, .milliseconds(500)))
    }
  }

  /// - Parameter cursor: up to which all is stored.
  private func remake(_ piece: Piece, upTo cursor: Timestamp) async throws {
    let times = piece.records.map(\.eventTime)
    guard let derived, let first = times.min(), let last = times.max() else { return }
    try await derived.remake(first...last, whole: job.start...max(job.start, last, cursor), phase: "backfill-manual")
  }

  /// Stores a piece and notes it.
  /// - Returns: false when somebody has ended the job.
  private func put(_ piece: Piece, upTo cursor: Timestamp) async throws -> Bool {
    guard piece.pages > 0 else { return true }
    if !piece.records.isEmpty {
      switch job.destination {
      case .records:
        _ = try await persistently("store history", logger: logger) {
          try await store.feeds.ingest(piece.records, phase: "backfill-manual")
        }
        try await remake(piece, upTo: cursor)
      case .parquet:
        try await NIOThreadPool.singleton.runIfActive { try folder.merge(piece.records, of: job.key) }
      }
    }
    Counter(label: "coordinator_backfill_records_total", dimensions: [("source", job.source)])
      .increment(by: piece.records.count)
    return try await persistently("note a backfill", logger: logger) {
      try await store.backfills.advance(
        id: job.id, to: min(cursor, job.end), records: piece.records.count, pages: piece.pages)
    }
  }
}
