import Competition

/// How the truth of a task stands.
package enum TruthState: Sendable, Equatable {
  /// It is stored.
  case known(at: Timestamp)
  /// All that it needs is stored.
  case ready
  /// Something is missing; until when at most that is waited for.
  case waiting(missing: String, until: Timestamp, then: String)
  /// Somebody has to post it.
  case unposted(round: TournamentRound)
  /// It will never be known.
  case hopeless(reason: String)

  /// What the feed has of the records that a truth needs.
  package struct Records: Sendable, Equatable {
    package var feed: FeedKey
    /// Event times of the closed records around.
    package var closed: Set<Timestamp>
    /// Event time of the feed's newest record.
    package var newest: Timestamp?
    /// When the feed's first record after those that are needed was taken in.
    package var passedAt: Timestamp?
    /// Spans in which ticks may be missing that are still asked for.
    package var gaps: [ClosedRange<Timestamp>] = []
  }

  /// - Parameter decision: what a score worker would decide now.
  package init(
    _ decision: TruthDecision, _ records: Records, performedAt: Timestamp, resolvableAt: Timestamp, graceSeconds: Int,
    maxWaitSeconds: Int
  ) {
    switch decision {
    case .resolved: self = .ready
    case .failed(let reason): self = .hopeless(reason: reason)
    case .wait:
      let latest = resolvableAt.adding(seconds: maxWaitSeconds)
      let missing = Self.missing(records, performedAt: performedAt, resolvableAt: resolvableAt)
      if let passedAt = records.passedAt {
        self = .waiting(
          missing: missing, until: min(latest, passedAt.adding(seconds: graceSeconds)),
          then: "a record before it stands in if it is not too old, else the prediction fails")
      } else {
        self = .waiting(missing: missing, until: latest, then: "the prediction fails")
      }
    }
  }

  private static func missing(_ records: Records, performedAt: Timestamp, resolvableAt: Timestamp) -> String {
    let feed = records.feed
    let name = RecordIDs.watermark(feed)
    let newest = records.newest.map { "the newest record is of \($0)" } ?? "it has no record at all"
    if let gap = records.gaps.first, let reached = records.newest, reached >= resolvableAt {
      return "what \(name) had from \(gap.lowerBound) through \(gap.upperBound), which is asked for (\(newest))"
    }
    guard feed.kind == .candle else { return "a record of \(name) at or after \(resolvableAt) (\(newest))" }
    let wanted = [("performed_at", performedAt), ("resolvable_at", resolvableAt)].compactMap { what, time -> String? in
      let event = GroundTruthResolver.eventTime(at: time, feed)
      return records.closed.contains(event) ? nil : "\(event), which tells the price at \(what)"
    }
    return "the closed candle of \(name) that begins at \(wanted.joined(separator: ", and at ")) (\(newest))"
  }
}
