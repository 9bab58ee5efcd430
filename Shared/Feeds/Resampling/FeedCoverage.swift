import Competition

/// How complete a feed is: where records may still come, and where all are known to be there. Of candles everybody sees whether one
/// is missing; of ticks nobody does.
public struct FeedCoverage: Sendable, Hashable {
  /// Spans in which ticks may be missing that are still asked for.
  public var gaps: [ClosedRange<Timestamp>]
  /// All that the provider has of this span is stored; nil: of none that is known.
  public var whole: ClosedRange<Timestamp>?

  public init(gaps: [ClosedRange<Timestamp>] = [], whole: ClosedRange<Timestamp>? = nil) {
    self.gaps = gaps
    self.whole = whole
  }

  /// Whether nothing is known to be missing of a span of ticks.
  func hasTicks(of span: ClosedRange<Timestamp>) -> Bool {
    !gaps.contains { gap in
      guard gap.overlaps(span) else { return false }
      return !(whole.map { Self.covers($0, gap.clamped(to: span)) } ?? false)
    }
  }

  /// Whether all candles of a span that there will ever be are there.
  func hasCandles(of span: ClosedRange<Timestamp>) -> Bool { whole.map { Self.covers($0, span) } ?? false }

  private static func covers(_ whole: ClosedRange<Timestamp>, _ part: ClosedRange<Timestamp>) -> Bool {
    whole.lowerBound <= part.lowerBound && part.upperBound <= whole.upperBound
  }
}
