/// A moment: whole microseconds since 1970-01-01 UTC, the resolution of PostgreSQL and of the original.
public struct Timestamp: Sendable, Hashable, Comparable {
  public var microseconds: Int64

  @inlinable public init(microseconds: Int64) { self.microseconds = microseconds }
  @inlinable public init(seconds: Int64) { microseconds = seconds * 1_000_000 }
  @inlinable public init(milliseconds: Int64) { microseconds = milliseconds * 1_000 }

  @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

  /// Whole seconds since 1970, rounded down.
  @inlinable public var seconds: Int64 {
    microseconds >= 0 ? microseconds / 1_000_000 : -((-microseconds + 999_999) / 1_000_000)
  }

  /// Seconds since 1970 with their fraction; exact to the microsecond until the year 2255.
  @inlinable public var timeInterval: Double { Double(microseconds) / 1_000_000 }

  /// This moment moved by a span in seconds, rounded to the microsecond.
  @inlinable public func adding(seconds: Double) -> Timestamp {
    Timestamp(microseconds: microseconds + Int64((seconds * 1_000_000).rounded()))
  }
  @inlinable public func adding(seconds: Int) -> Timestamp {
    Timestamp(microseconds: microseconds + Int64(seconds) * 1_000_000)
  }

  /// Seconds from `earlier` to this moment, negative when it lies before.
  @inlinable public func seconds(since earlier: Timestamp) -> Double {
    Double(microseconds - earlier.microseconds) / 1_000_000
  }

  /// The start of the bucket of `seconds` seconds, aligned to UTC, that holds this moment.
  @inlinable public func floored(toSeconds seconds: Int) -> Timestamp {
    let size = Int64(seconds) * 1_000_000
    let remainder = microseconds % size
    return Timestamp(microseconds: microseconds - (remainder < 0 ? remainder + size : remainder))
  }
}
