/// Decides when a feed is asked again. While its stream speaks, seldom: only to find what the stream left out. When the
/// stream is silent for too long or ends, as often as without one. After a failure ever more rarely. Times are those of a clock
/// that only goes forward.
struct FeedCadence: Sendable {
  let pollPause: Duration
  /// Without a word for so long a stream counts as silent.
  let silence: Duration
  let firstPause: Duration
  let longestPause: Duration
  private var nextWalk: Duration = .zero
  private var failurePause: Duration
  private var lastWord: Duration?

  /// Pause between two walks while a stream speaks.
  static let streamedPause: Duration = .seconds(30)

  init(pollPause: Duration, silence: Duration, firstPause: Duration, longestPause: Duration) {
    self.pollPause = pollPause
    self.silence = silence
    self.firstPause = firstPause
    self.longestPause = longestPause
    failurePause = firstPause
  }

  func isWalkDue(at now: Duration) -> Bool { now >= nextWalk }
  func pause(at now: Duration) -> Duration { max(.zero, min(nextWalk, silenceEnds(at: now)) - now) }
  func isStreaming(at now: Duration) -> Bool { lastWord.map { now < $0 + silence } ?? false }

  private func silenceEnds(at now: Duration) -> Duration {
    guard let lastWord, now < lastWord + silence else { return nextWalk }
    return lastWord + silence
  }

  /// The stream has told something.
  mutating func heard(at now: Duration) { lastWord = now }

  /// There is something that only a walk can bring: the stream is new, or left a record out.
  mutating func missed(at now: Duration) {
    nextWalk = min(nextWalk, max(now, nextWalk - Self.streamedPause + pollPause))
  }

  /// The stream is silent or gone: its feed is asked for again, at once.
  mutating func lost(at now: Duration) {
    guard lastWord != nil else { return }
    lastWord = nil
    nextWalk = min(nextWalk, now)
  }

  mutating func walked(at now: Duration) {
    failurePause = firstPause
    nextWalk = now + (isStreaming(at: now) ? max(pollPause, Self.streamedPause) : pollPause)
  }

  /// - Parameter retryAfter: for how long the provider wants to be left alone.
  /// - Returns: how long it is until the next attempt.
  mutating func failed(at now: Duration, retryAfter: Duration?) -> Duration {
    let pause = max(failurePause, retryAfter ?? .zero)
    failurePause = min(failurePause * 2, longestPause)
    nextWalk = now + pause
    return pause
  }
}
