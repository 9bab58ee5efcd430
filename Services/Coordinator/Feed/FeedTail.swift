import Competition
import ServiceKit
import Store

/// The newest records of feeds, and those that come.
struct FeedTail: Sendable {
  let store: Store
  let filter: FeedFilter
  let count: Int
  let json: Bool

  private static let pause: Duration = .milliseconds(500)

  /// The newest, the oldest of them first.
  func newest() async throws -> [FeedRecord] {
    var follower = FeedFollower(store: store, filter: filter)
    return try await follower.begin(count: count)
  }

  func write(_ records: [FeedRecord]) {
    for record in records { json ? Terminal.json(FeedText.json(record)) : Terminal.line(FeedText.line(record)) }
  }

  /// Writes what is there and what comes, until Ctrl-C; a candle that changes is written again.
  func follow() async throws {
    let signals = await StopSignals()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await signals.wait(seconds: nil) }
      group.addTask { try await writeOn() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func writeOn() async throws {
    var follower = FeedFollower(store: store, filter: filter)
    write(try await follower.begin(count: count))
    while !Task.isCancelled {
      await rest(Self.pause)
      write(try await follower.next())
    }
  }
}
