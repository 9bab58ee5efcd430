import Competition
import ServiceKit
import Store

/// Whether each feed has a record that is young enough to be asked about.
package struct FeedCheck: Sendable {
  private let feed: FeedSettings
  private let store: Store
  private let isNeeded: Bool

  /// - Parameter isNeeded: whether anything is asked by the clock.
  package init(feed: FeedSettings, store: Store, isNeeded: Bool = true) {
    self.feed = feed
    self.store = store
    self.isNeeded = isNeeded
  }

  package func findings() async -> [Finding] {
    guard isNeeded else { return [.ok(.feed, "nothing is asked by the clock: rounds need no feed")] }
    do {
      let now = try await store.now()
      var findings: [Finding] = []
      for key in feed.keys {
        let newest = try await store.feeds.newest(of: key)
        findings.append(Self.finding(key, newest: newest, now: now, pollSeconds: feed.pollSeconds))
      }
      return findings
    } catch {
      return [
        .problem(.feed, "the feed could not be looked at", cause: "\(error)", remedy: "bring PostgreSQL back first")
      ]
    }
  }

  /// How old the newest record of a feed that goes on may be: it comes when its candle closes, at the next poll.
  package static func patience(_ key: FeedKey, pollSeconds: Double) -> Double {
    let granularity = Double(Granularity(key.granularity)?.seconds ?? 1)
    return max(2 * granularity, 30) + 2 * pollSeconds
  }

  package static func finding(_ key: FeedKey, newest: FeedRecord?, now: Timestamp, pollSeconds: Double) -> Finding {
    let name = RecordIDs.watermark(key)
    guard let newest else {
      return .problem(
        .feed, "\(name) has no record", cause: "the feed worker has not fetched one under this name",
        remedy: "look into the feed worker's log; its FEED_ variables must be those of this command")
    }
    let age = now.seconds(since: newest.knownTime)
    guard age > patience(key, pollSeconds: pollSeconds) else {
      return .ok(.feed, "\(name): the newest record is \(Spoken.span(max(0, age))) old")
    }
    return .problem(
      .feed, "\(name): the newest record is \(Spoken.span(age)) old",
      cause: "the provider has nothing newer, cannot be reached, or no feed worker runs",
      remedy: "look into the feed worker's log, and whether the provider's market is open")
  }
}
