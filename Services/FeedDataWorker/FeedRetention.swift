import Competition
import Logging
import ServiceKit
import ServiceLifecycle
import Store

/// Makes the spans of the table that records will soon need, and drops those whose records are all older than they are kept.
/// What is too old in a span that goes on stays for up to a tenth of that time; more of it is deleted, a few thousand records at
/// a time.
struct FeedRetention: Service {
  let store: Store
  let days: Int
  let checkSeconds: Int
  let logger: Logger
  var now: @Sendable () -> Timestamp = { Timestamp.now() }

  private static let batch = 5_000
  private static let day = 86_400

  /// Short enough that a span is gone soon after its first record is too old.
  private var partitionDays: Int { days >= 10 * FeedStore.partitionDays ? FeedStore.partitionDays : 1 }

  func run() async throws {
    try await every(.seconds(checkSeconds), logger: logger) { try await tidy() }
  }

  func tidy() async throws {
    let now = now()
    let ahead = (0...2).map { now.adding(seconds: $0 * partitionDays * Self.day) }
    _ = try await store.feeds.makePartitions(for: ahead, days: partitionDays)
    let limit = now.adding(seconds: -days * Self.day)
    let dropped = try await store.feeds.dropPartitions(endingBy: limit)
    if dropped > 0 { logger.info("old spans of records dropped", metadata: ["spans": "\(dropped)"]) }
    var total = 0
    while !Task.isShuttingDownGracefully {
      let deleted = try await store.feeds.deleteOlder(
        than: limit, limit: Self.batch, slackSeconds: days * Self.day / 10)
      total += deleted
      if deleted < Self.batch { break }
    }
    if total > 0 { logger.info("old records deleted", metadata: ["records": "\(total)"]) }
  }
}
