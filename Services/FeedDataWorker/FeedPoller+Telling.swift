import Competition
import Metrics
import ServiceKit
import Store

/// What a poller says of itself.
extension FeedPoller {
  /// Says how old the newest record is, and that the feed is not ready when it is too old.
  func tellHealth(_ progress: FeedProgress) {
    guard let newest = progress.newest else {
      health.notReady(key.subject, reason: "the provider answers, and has no record of this feed")
      return
    }
    let age = now().seconds(since: newest)
    if let longestAge, age > longestAge {
      health.notReady(
        key.subject, reason: "the newest record is \(Int(age)) s old: the provider answers, and has nothing newer")
    } else {
      health.ready(key.subject)
    }
  }

  /// How old the newest record is, which also grows while the provider does not answer.
  func tellAge(_ progress: FeedProgress) {
    guard let newest = progress.newest else { return }
    age.set(now().seconds(since: newest))
  }

  /// Who does not lead any more says nothing of the feed's age.
  func forgetAge() { age.destroy() }

  private var age: Meter { Meter(label: "coordinator_feed_age_seconds", dimensions: [("subject", key.subject)]) }

  /// Keeps what is odd about records that were stored.
  func judge(_ records: [FeedRecord], _ progress: inout FeedProgress) async throws {
    try await keep(progress.quality.findings(in: records, isPast: progress.isBackfill, now: now()))
  }

  /// Says how far our clock is from the provider's.
  func tellSkew(_ progress: inout FeedProgress) async throws {
    guard let skew = provider.clockSkew else { return }
    Gauge(label: "coordinator_feed_clock_skew_seconds", dimensions: [("subject", key.subject)]).record(skew)
    if let finding = progress.quality.finding(ofSkew: skew, now: now()) { try await keep([finding]) }
  }

  private func keep(_ findings: [FeedFinding]) async throws {
    guard !findings.isEmpty else { return }
    for finding in findings {
      Counter(
        label: "coordinator_feed_findings_total",
        dimensions: [("subject", key.subject), ("finding", finding.kind.rawValue)]
      ).increment()
      logger.info(
        "finding", metadata: ["finding": "\(finding.kind.rawValue)", "detail": "\(JSON.object(finding.detail).text)"])
    }
    try await persistently("store findings", logger: logger) { try await store.findings.add(findings) }
  }

  /// Counts rows that were left out. So many a minute are named in the log.
  func tell(_ rejected: [String], _ progress: inout FeedProgress) {
    guard !rejected.isEmpty else { return }
    count("coordinator_feed_rows_rejected_total", rejected.count)
    for reason in rejected {
      guard let unsaid = progress.complaints.take(at: Surrounding.current.uptime) else { continue }
      logger.warning("row left out", metadata: ["reason": "\(reason)", "unsaid": "\(unsaid)"])
    }
  }

  /// Says that a stream told more than could be taken.
  func tellDropped(_ pages: Int) {
    guard pages > 0 else { return }
    count("coordinator_feed_pages_dropped_total", pages)
    logger.warning(
      "the stream tells more than is taken in; what was dropped is asked for", metadata: ["pages": "\(pages)"])
  }

  func count(_ label: String, _ number: Int) {
    Counter(label: label, dimensions: [("subject", key.subject)]).increment(by: number)
  }
}
