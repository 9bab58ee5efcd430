import ArgumentParser
import Competition
import Diagnosis
import Feeds
import Foundation
import ServiceKit
import Store
import Synchronization

/// Writes the records of the configured feeds into a file that the replay provider plays.
struct RecordFeed: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record", abstract: "Writes the feed into a file that FEED_PROVIDER=replay plays.",
    discussion: """
      What is recorded are the closed candles or the ticks of FEED_SOURCE, FEED_SUBJECTS, FEED_KIND and FEED_GRANULARITY, as
      PostgreSQL has them: from --from on, and then as they come, until --to, for --seconds, or until Ctrl-C. A line of the file
      is a JSON object; a name that ends in .gz makes it gzip, and one in .parquet a Parquet file, which is whole when the
      recording has ended.
      """)
  @Argument(help: "The file to make: .jsonl, .jsonl.gz or .parquet.") var file: String
  @Option(help: "Where to begin, as 2026-02-13T12:00:00Z; now when it is left out.") var from: String?
  @Option(help: "Where to end, not included.") var to: String?
  @Option(help: "How long to record what comes.") var seconds: Double?
  @OptionGroup var output: OutputOptions

  func run() async throws {
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let feed = FeedSettings(&reader)
    try Connection.check(reader.problems)
    let store = try Connection().store
    let now = try await store.now()
    let start = try Self.time("--from", from) ?? now
    let end = try Self.time("--to", to)
    let recording: FeedRecording
    do { recording = try FeedRecording(path: file) } catch let error as FeedError {
      Terminal.complain("\(error)")
      throw ExitCode(ServiceMain.exitConfiguration)
    }
    var recorder = FeedRecorder(keys: feed.keys, from: start, to: end)
    let deadline = seconds.map { ContinuousClock.now + .seconds($0) }
    let stops = StopFlag()
    let signals = await StopSignals()
    let waiting = Task {
      await signals.wait(seconds: nil)
      stops.raise()
    }
    defer { waiting.cancel() }
    while true {
      let page = try await recorder.next(store, now: store.now())
      try recording.write(page)
      if !page.isEmpty { continue }
      if recorder.isOver(now: try await store.now()) || deadline.map({ .now >= $0 }) ?? false || stops.isRaised {
        break
      }
      try await Task.sleep(for: .milliseconds(200))
    }
    try recording.close()
    if output.json {
      Terminal.json(["file": .string(file), "records": JSON(recording.count)])
    } else {
      Terminal.line("\(recording.count) records in \(file)")
    }
  }

  private static func time(_ option: String, _ text: String?) throws -> Timestamp? {
    guard let text else { return nil }
    guard let time = Timestamp(iso8601: text) else {
      Terminal.complain("\(option) is \"\(text)\"; expected a time as 2026-02-13T12:00:00Z")
      throw ExitCode(ServiceMain.exitConfiguration)
    }
    return time
  }
}

/// Whether somebody asked for an end.
private final class StopFlag: Sendable {
  private let state = Mutex(false)
  var isRaised: Bool { state.withLock { $0 } }
  func raise() { state.withLock { $0 = true } }
}

/// Reads feeds forward, each record once, in order of time.
struct FeedRecorder: Sendable {
  private var cursors: [FeedKey: Timestamp]
  private let end: Timestamp?

  /// Records a page and feed.
  private static let pageSize = 5_000
  /// Ticks this new may still get neighbours that happened before them.
  private static let settlingSeconds = 2

  init(keys: [FeedKey], from start: Timestamp, to end: Timestamp?) {
    cursors = Dictionary(keys.map { ($0, start) }, uniquingKeysWith: { first, _ in first })
    self.end = end
  }

  /// What came since the last time. A candle that still forms, and what follows it, is left for later.
  mutating func next(_ store: Store, now: Timestamp) async throws -> [FeedRecord] {
    var page: [FeedRecord] = []
    let limit = min(
      now.adding(seconds: -Self.settlingSeconds), end.map { Timestamp(microseconds: $0.microseconds - 1) } ?? now)
    for (key, cursor) in cursors where cursor <= limit {
      let records = try await store.feeds.records(of: key, from: cursor, through: limit, limit: Self.pageSize)
        .prefix(while: \.isClosed)
      guard let last = records.last else { continue }
      cursors[key] = Timestamp(microseconds: last.eventTime.microseconds + 1)
      page += records
    }
    return page.sorted { ($0.eventTime, $0.key.subject) < ($1.eventTime, $1.key.subject) }
  }

  /// Whether nothing more can come: the end has passed, and what closes then has had time to be taken in.
  func isOver(now: Timestamp) -> Bool {
    guard let end else { return false }
    return cursors.allSatisfy { key, cursor in
      let step = key.kind == .candle ? Granularity(key.granularity)?.seconds ?? 0 : 0
      return cursor.adding(seconds: step) > end || now >= end.adding(seconds: step + 30)
    }
  }
}
