import Competition

/// Decides when to look again at a hole among candles: soon at first, then ever more rarely, for an hour. Some holes stay:
/// a market that was closed, a minute without a trade.
struct HoleWatch: Sendable {
  static let patience = 3_600
  private static let firstPause = 5

  private struct Look {
    var pause: Int
    var next: Timestamp
  }

  let stepSeconds: Int
  private var looks: [Timestamp: Look] = [:]

  init(stepSeconds: Int) { self.stepSeconds = stepSeconds }

  /// The candle before the oldest hole that is due; nil when none is.
  mutating func due(times: some Collection<Timestamp>, now: Timestamp) -> Timestamp? {
    let oldest = now.adding(seconds: -max(Self.patience, 3 * stepSeconds))
    let recent = times.filter { $0 >= oldest }.sorted()
    let holes = Set(zip(recent, recent.dropFirst()).filter { isHole($0, $1) }.map(\.0))
    looks = looks.filter { holes.contains($0.key) }
    for hole in holes where looks[hole] == nil {
      looks[hole] = Look(pause: Self.firstPause, next: now.adding(seconds: Self.firstPause))
    }
    let due = looks.filter { $0.value.next <= now }.keys
    for hole in due {
      guard let look = looks[hole] else { continue }
      looks[hole] = Look(pause: look.pause * 2, next: now.adding(seconds: look.pause * 2))
    }
    return due.min()
  }

  private func isHole(_ before: Timestamp, _ after: Timestamp) -> Bool {
    after.microseconds - before.microseconds > Int64(stepSeconds) * 1_000_000
  }
}
