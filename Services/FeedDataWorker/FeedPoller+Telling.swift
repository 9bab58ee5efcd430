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
    let findings = progress.quality.findings(in: records, isPast: progress.isBackfill, now: now())
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

  func tell(_ rejected: [String]) {
    for reason in rejected {
      count("coordinator_feed_rows_rejected_total", 1)
      logger.warning("row left out", metadata: ["reason": "\(reason)"])
    }
  }

  func count(_ label: String, _ number: Int) {
    Counter(label: label, dimensions: [("subject", key.subject)]).increment(by: number)
  }
}
