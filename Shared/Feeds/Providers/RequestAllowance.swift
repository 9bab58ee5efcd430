import Competition

/// What a provider lets us ask, from what its answers say. A decision: time comes in.
struct RequestAllowance: Sendable, Hashable {
  /// How long to wait where a refusal does not say; a ban (418) lasts at least two minutes.
  private static let refusedSeconds = 60.0
  private static let bannedSeconds = 120.0

  /// So many requests within so many seconds.
  struct Rate: Sendable, Hashable {
    var requests: Int
    var seconds: Double
  }

  /// Weight that a minute allows; nil: the provider does not weigh.
  let weightPerMinute: Int?
  /// nil: the provider does not count.
  let rate: Rate?
  private var closedUntil: Timestamp?
  /// The requests within the rate's seconds, oldest first.
  private var sent: [Timestamp] = []

  init(weightPerMinute: Int? = nil, rate: Rate? = nil) {
    self.weightPerMinute = weightPerMinute
    self.rate = rate
  }

  /// Seconds until the next request may go out; 0: now.
  func wait(now: Timestamp) -> Double {
    let closed = closedUntil.map { max(0, $0.seconds(since: now)) } ?? 0
    guard let rate else { return closed }
    let recent = sent.filter { now.seconds(since: $0) < rate.seconds }
    guard recent.count >= rate.requests, let first = recent.first else { return closed }
    return max(closed, rate.seconds - now.seconds(since: first))
  }

  /// Counts a request that goes out.
  mutating func sends(now: Timestamp) {
    guard let rate else { return }
    sent.removeAll { now.seconds(since: $0) >= rate.seconds }
    sent.append(now)
  }

  /// Takes in an answer. 429 and 418 close for as long as they say, and what was used of a minute's weight closes the
  /// rest of that minute before the provider does.
  mutating func took(status: Int, headers: [String: String], now: Timestamp) {
    if status == 429 || status == 418 {
      let fallback = status == 418 ? Self.bannedSeconds : Self.refusedSeconds
      let asked = headers["retry-after"].flatMap { Double($0) }.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
      close(until: now.adding(seconds: min(asked ?? fallback, 7 * 86_400)))
    }
    if let weightPerMinute, let used = headers["x-mbx-used-weight-1m"].flatMap({ Int($0) }), used >= weightPerMinute {
      close(until: now.floored(toSeconds: 60).adding(seconds: 60))
    }
  }

  private mutating func close(until time: Timestamp) { closedUntil = max(closedUntil ?? time, time) }
}
