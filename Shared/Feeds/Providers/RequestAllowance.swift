import Competition

/// What a provider lets us ask, from what its answers say. A decision: time comes in.
struct RequestAllowance: Sendable, Hashable {
  /// How long to wait where a refusal does not say; a ban (418) lasts at least two minutes.
  private static let refusedSeconds = 60.0
  private static let bannedSeconds = 120.0

  /// Weight that a minute allows; nil: the provider does not weigh.
  let weightPerMinute: Int?
  private var closedUntil: Timestamp?

  init(weightPerMinute: Int? = nil) { self.weightPerMinute = weightPerMinute }

  /// Seconds until the next request may go out; 0: now.
  func wait(now: Timestamp) -> Double { closedUntil.map { max(0, $0.seconds(since: now)) } ?? 0 }

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
