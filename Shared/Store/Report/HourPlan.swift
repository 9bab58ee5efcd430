import Competition

/// Which whole hours lie in a range and in one band each, and what is left of the range. Pure.
struct HourPlan: Sendable, Hashable {
  /// nil when there is none.
  let hours: ClosedRange<Int64>?
  /// Spans that are read as they are, both ends included.
  let edges: [ReportRange]
  private let thresholds: [Timestamp]
  private let split: Set<Int64>

  private static let microseconds: Int64 = 3_600_000_000
  /// Seconds for which late commits are waited before an hour counts as over.
  private static let grace = 120

  init(range: ReportRange, cutOffs: [Timestamp], now: Timestamp) {
    thresholds = cutOffs.sorted()
    let length = Self.microseconds
    let end = min(range.end.microseconds + 1, now.adding(seconds: -Self.grace).microseconds)
    let first = Self.hour(range.start.microseconds + length - 1)
    let last = Self.hour(end) - 1
    let cut = Set(thresholds.filter { $0.microseconds % length != 0 }.map { Self.hour($0.microseconds) })
    guard first <= last else {
      (hours, split, edges) = (nil, [], [range])
      return
    }
    hours = first...last
    split = cut.filter { (first...last).contains($0) }
    var edges: [ReportRange] = []
    if range.start.microseconds < first * length {
      edges.append(ReportRange(start: range.start, end: Timestamp(microseconds: first * length - 1)))
    }
    edges += split.sorted().map { Self.range($0...$0) }
    let rest = Timestamp(microseconds: (last + 1) * length)
    if rest <= range.end { edges.append(ReportRange(start: rest, end: range.end)) }
    self.edges = edges
  }

  private static func hour(_ microseconds: Int64) -> Int64 {
    let quotient = microseconds / Self.microseconds
    return microseconds % Self.microseconds < 0 ? quotient - 1 : quotient
  }

  /// The band of a whole hour; nil for one that a window's start cuts in two, which is among the edges.
  func band(of hour: Int64) -> Int? {
    guard !split.contains(hour) else { return nil }
    let start = Timestamp(microseconds: hour * Self.microseconds)
    return thresholds.count { $0 <= start }
  }

  /// The hours from one on that are wanted without a gap; a day of them at most, so that no statement takes long.
  static func span(
    from hour: Int64, through last: Int64, where isWanted: (Int64) -> Bool
  ) -> ClosedRange<Int64> {
    var end = hour
    while end < last, end - hour < 23, isWanted(end + 1) { end += 1 }
    return hour...end
  }

  /// All moments of hours.
  static func range(_ hours: ClosedRange<Int64>) -> ReportRange {
    ReportRange(
      start: Timestamp(microseconds: hours.lowerBound * microseconds),
      end: Timestamp(microseconds: (hours.upperBound + 1) * microseconds - 1))
  }

  static func hour(of moment: Timestamp) -> Int64 { hour(moment.microseconds) }
}
