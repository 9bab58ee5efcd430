import Competition

/// Where a replay stands at a time: record `k` happens at `anchor + k · step`. Every second loop runs backwards, so that
/// prices never jump.
struct ReplayClock: Sendable, Hashable {
  var anchor: Timestamp
  var stepSeconds: Int
  var count: Int
  var isLooping: Bool

  /// Number of the first record at or after a time.
  func first(atOrAfter time: Timestamp) -> Int {
    let micros = time.microseconds - anchor.microseconds
    let step = Int64(stepSeconds) * 1_000_000
    return max(0, Int((micros + step - 1) / step))
  }

  func time(of number: Int) -> Timestamp { anchor.adding(seconds: number * stepSeconds) }

  /// Row of the file for record `number`, and whether it is run through backwards; nil after the end.
  func row(of number: Int) -> (index: Int, isBackwards: Bool)? {
    if !isLooping, number >= count { return nil }
    let (loop, offset) = number.quotientAndRemainder(dividingBy: count)
    return loop % 2 == 0 ? (offset, false) : (count - 1 - offset, true)
  }
}
