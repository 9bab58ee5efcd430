import Competition

/// What a model's valid scores of a range average to, per window.
public struct ScoreWindows: Sendable, Hashable {
  public var modelID: String
  /// Nil when all scope keys are taken together.
  public var scopeKey: String?
  /// In the order of the cut-offs that were asked for; 0 where a window holds no valid score.
  public var means: [Double]
  /// How many valid scores that is.
  public var count: Int64
  /// Its first and its newest prediction in the range, scored or not.
  public var earliest: Timestamp
  public var newest: Timestamp
  /// The newest prediction's scope, when scope keys are apart.
  public var scope: StoredJSON?
}

/// Sums of one model's scores by band of time, and how bands become windows: a window is all bands from its start on.
struct ScoreBands {
  private var sums: [Double]
  private var counts: [Int64]
  private(set) var earliest: Timestamp
  private(set) var newest: Timestamp

  /// PostgreSQL sums scores times 2^-30, exactly, so that many huge ones don't overflow.
  private static let scale = 1_073_741_824.0

  init(bands: Int, earliest: Timestamp, newest: Timestamp) {
    sums = Array(repeating: 0, count: bands)
    counts = Array(repeating: 0, count: bands)
    self.earliest = earliest
    self.newest = newest
  }

  mutating func add(band: Int, count: Int64, sum: Double, earliest: Timestamp, newest: Timestamp) {
    sums[band] += sum
    counts[band] += count
    self.earliest = min(self.earliest, earliest)
    self.newest = max(self.newest, newest)
  }

  var count: Int64 { counts.reduce(0, +) }

  /// The mean of all bands from `band` on.
  func mean(from band: Int) -> Double {
    let count = counts[band...].reduce(0, +)
    return count == 0 ? 0 : sums[band...].reduce(0, +) / Double(count) * Self.scale
  }
}
