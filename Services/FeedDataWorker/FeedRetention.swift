import Competition
import Logging
import ServiceKit
import ServiceLifecycle
import Store

/// Deletes records that are older than they are kept, a few thousand at a time.
struct FeedRetention: Service {
  let store: Store
  let days: Int
  let checkSeconds: Int
  let logger: Logger

  private static let batch = 5_000

  func run() async throws {
    try await every(.seconds(checkSeconds), logger: logger) {
      let limit = Timestamp.now().adding(seconds: -days * 86_400)
      var total = 0
      while !Task.isShuttingDownGracefully {
        let deleted = try await store.feeds.deleteOlder(than: limit, limit: Self.batch)
        total += deleted
        if deleted < Self.batch { break }
      }
      if total > 0 { logger.info("old records deleted", metadata: ["records": "\(total)"]) }
    }
  }
}
