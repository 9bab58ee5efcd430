/// What the leaderboard knows of a model.
public struct ModelStanding: Sendable, Hashable {
  /// A snapshot as far as windows look at it.
  public struct Point: Sendable, Hashable {
    public var periodStart: Timestamp
    public var periodEnd: Timestamp
    /// The contract's value field in the summary; nil when it has none.
    public var value: Double?
    public var predictionCount: Int
    /// Where the summary lacks the value field it counts as 0, as in the original.
    public init(periodStart: Timestamp, periodEnd: Timestamp, value: Double?, predictionCount: Int) {
      self.periodStart = periodStart
      self.periodEnd = periodEnd
      self.value = value
      self.predictionCount = predictionCount
    }
  }

  public var model: Model
  /// Ascending by the end of their periods.
  public private(set) var points: [Point] = []
  /// The summary of the newest snapshot.
  public private(set) var newestSummary: JSONObject = [:]

  public init(model: Model) { self.model = model }

  /// Adds a snapshot, or sets it in the place of the one of the same bucket.
  public mutating func set(_ snapshot: Snapshot, valueField: String) {
    let point = Point(
      periodStart: snapshot.periodStart, periodEnd: snapshot.periodEnd,
      value: snapshot.resultSummary[valueField]?.floatValue, predictionCount: snapshot.predictionCount)
    let place = place(after: point.periodStart)
    if place > 0, points[place - 1].periodStart == point.periodStart {
      points[place - 1] = point
    } else {
      points.insert(point, at: place)
    }
    if points.last?.periodStart == point.periodStart { newestSummary = snapshot.resultSummary }
  }

  /// Takes the snapshot of a bucket away.
  public mutating func remove(bucket: Timestamp) {
    let place = place(after: bucket)
    guard place > 0, points[place - 1].periodStart == bucket else { return }
    points.remove(at: place - 1)
  }

  /// Where the first point begins that starts later; the search halves, for a week has ten thousand points.
  private func place(after start: Timestamp) -> Int {
    var (low, high) = (0, points.count)
    while low < high {
      let middle = (low + high) / 2
      if points[middle].periodStart <= start { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Forgets snapshots whose period ended before `time`, the newest aside.
  public mutating func forget(before time: Timestamp) {
    let outdated = points.dropLast().prefix { $0.periodEnd < time }.count
    if outdated > 0 { points.removeFirst(outdated) }
  }

  var predictionCount: Int { points.reduce(0) { $0 + $1.predictionCount } }
}
