import ChildProcesses
import Competition
import Synchronization

/// A program of one's own, in any language, that prints a JSON object a line (see `ExecLine`). It runs while this worker leads the
/// feed, is started again when it ends or is silent for too long, and ends with the worker. What it prints on standard error
/// is logged. It cannot be asked: its past is what it prints, and `FEED_SINCE` tells it from when on that is wanted.
final class ExecProvider: StreamingProvider {
  private let command: String
  private let quality: PriceQuality
  /// Where each feed goes on.
  private let since = Mutex<[FeedKey: Timestamp]>([:])
  /// Why there is no program now.
  private let trouble = Mutex<String?>(nil)

  static let kinds: [FeedKind] = [.tick, .candle]

  init(_ options: FeedOptions) throws {
    guard let command = options.text("command") else {
      throw FeedError(
        "FEED_SOURCE exec names no program; expected for example FEED_SOURCE=\"exec:python3 prices.py\"",
        isTransient: false)
    }
    self.command = command
    quality = try PriceQuality(options)
  }

  func subjects() -> [FeedSubject] { [] }

  func prepare(_ key: FeedKey, stored: JSONObject, now: Timestamp) throws -> JSONObject {
    guard Self.kinds.contains(key.kind) else {
      throw FeedError(
        "FEED_KIND \(key.kind.rawValue) is not offered by exec; expected tick or candle", isTransient: false)
    }
    return stored
  }

  /// Nothing: the program tells by itself. What is asked for says from when on records are wanted.
  func fetch(_ request: FeedRequest) throws -> FeedPage {
    since.withLock { $0[request.key] = $0[request.key] ?? request.start ?? request.now }
    if let reason = trouble.withLock({ $0 }) { throw FeedError(reason) }
    return FeedPage(continuation: .end)
  }

  var hasNoPast: String? {
    "the program of an exec source cannot be asked for a past: it tells by itself, from FEED_SINCE on"
  }

  var feedsPerStream: Int { 1_000_000 }

  func canStream(_ key: FeedKey) -> Bool { Self.kinds.contains(key.kind) }

  func stream(
    _ keys: [FeedKey], now: @Sendable @escaping () -> Timestamp, receive: @Sendable @escaping (StreamNews) -> Void
  ) async throws {
    let line = ExecLine(keys: Dictionary(keys.map { ($0.subject, $0) }) { first, _ in first }, quality: quality)
    let count = Mutex(0)
    let lastWords = Mutex("")
    let ending: ChildProcess.Ending
    do {
      ending = try await child(keys, since: try await start(of: keys)).run(
        onStart: { [self] _ in
          trouble.withLock { $0 = nil }
          receive(.opened)
        },
        onLine: { [self] text in
          let number = count.withLock { count in
            count += 1
            return count
          }
          take(text, number, line, now: now(), receive)
        },
        onErrorLine: { text in
          if !text.isEmpty { lastWords.withLock { $0 = text } }
          receive(.remark(text))
        })
    } catch let error as CancellationError {
      throw error
    } catch {
      throw failed("the program cannot be run: \(error)")
    }
    try Task.checkCancellation()
    let words = lastWords.withLock { $0 }
    throw failed("the program ended (\(ending))\(words.isEmpty ? "" : ": \(words.prefix(200))")")
  }

  private func take(
    _ text: String, _ number: Int, _ line: ExecLine, now: Timestamp, _ receive: (StreamNews) -> Void
  ) {
    // A line without a word only says that the program is there.
    guard text.contains(where: { !$0.isWhitespace }) else { return receive(.alive) }
    do {
      let record = try line.record(text, now: now)
      since.withLock { $0[record.key] = max($0[record.key] ?? record.eventTime, record.eventTime) }
      receive(.page(record.key, FeedPage(records: [record])))
    } catch {
      receive(.rejected("line \(number): \(error)"))
    }
  }

  private func failed(_ reason: String) -> FeedError {
    trouble.withLock { $0 = reason }
    return FeedError(reason)
  }

  /// The earliest time from which on a feed is wanted, once all of them have been asked for.
  private func start(of keys: [FeedKey]) async throws -> Timestamp {
    while true {
      let known = since.withLock { since in keys.compactMap { since[$0] } }
      if known.count == keys.count, let first = known.min() { return first }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private func child(_ keys: [FeedKey], since: Timestamp) -> ChildProcess {
    var child = ChildProcess(
      executable: "/bin/sh", arguments: ["-c", command],
      environment: [
        "FEED_SUBJECTS": keys.map(\.subject).joined(separator: ","), "FEED_KIND": keys.first?.kind.rawValue,
        "FEED_GRANULARITY": keys.first?.granularity, "FEED_SINCE": since.iso8601(.z),
      ])
    child.grace = .seconds(5)
    return child
  }
}
