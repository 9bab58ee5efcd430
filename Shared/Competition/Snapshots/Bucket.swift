/// A stretch of time whose scores become one snapshot a model: the start is in it, the end is not.
public struct Bucket: Sendable, Hashable {
  public var start: Timestamp
  public var end: Timestamp

  public init(start: Timestamp, end: Timestamp) {
    self.start = start
    self.end = end
  }

  /// The bucket that begins at `start`: it ends where the next aligned one begins, so that one that begins in between,
  /// after a change of interval, is shorter.
  public init(start: Timestamp, seconds: Int) {
    self.init(start: start, end: start.floored(toSeconds: seconds).adding(seconds: seconds))
  }

  public func contains(_ time: Timestamp) -> Bool { time >= start && time < end }
}
