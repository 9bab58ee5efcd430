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
      recording has ended. At a gap that the feed worker still has filled the recording waits, for up to GROUND_TRUTH_GRACE_SECONDS
      after the gap's end; then it goes on, and tells so when it ends.
      """)
  @Argument(help: "The file to make: .jsonl, .jsonl.gz or .parquet.") var file: String
  @Option(help: "Where to begin, as 2026-02-13T12:00:00Z; now when it is left out.") var from: String?
  @Option(help: "Where to end, not included.") var to: String?
  @Option(help: "How long to record what comes.") var seconds: Double?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (0...SettingSpan.longestSeconds).contains(seconds ?? 0) else {
      throw ValidationError("--seconds must be at least 0, and at most ten years")
    }
  }

  func run() async throws {
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let feed = FeedSettings(&reader)
    let graceSeconds = reader.graceSeconds()
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
    var recorder = FeedRecorder(keys: feed.keys, from: start, to: end, graceSeconds: graceSeconds)
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
      if recorder.isOver(now: try await store.now()) { break }
      if deadline.map({ .now >= $0 }) ?? false || stops.isRaised {
        try await Self.finish(&recorder, recording, store)
        break
      }
      try await Task.sleep(for: .milliseconds(200))
    }
    try recording.close()
    if output.json {
      Terminal.json(
        [
          "file": .string(file), "records": JSON(recording.count), "never_closed": JSON(recorder.leftOut),
          "open_gaps": JSON(recorder.gapsPassed),
        ])
    } else {
      let leftOut = recorder.leftOut == 0 ? "" : "; \(recorder.leftOut) candles that never closed are left out"
      let gaps = recorder.gapsPassed == 0 ? "" : "; \(recorder.gapsPassed) gaps that are still open are in it"
      Terminal.line("\(recording.count) records in \(file)\(leftOut)\(gaps)")
    }
  }

  /// Writes what is there, without waiting for gaps any more.
  private static func finish(_ recorder: inout FeedRecorder, _ recording: FeedRecording, _ store: Store) async throws {
    let now = try await store.now()
    while true {
      let page = try await recorder.next(store, now: now, waits: false)
      if page.isEmpty { return }
      try recording.write(page)
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
