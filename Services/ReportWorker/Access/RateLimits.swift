import Synchronization

/// How many requests each holder of a key, and each address without one, may make.
final class RateLimits: Sendable {
  enum Subject: Sendable, Hashable {
    case key(String)
    case address(String)
  }

  /// Requests a second; 0: any number.
  private let rate: Double
  private let start = ContinuousClock.now
  private let buckets = Mutex<[Subject: TokenBucket]>([:])

  /// A burst is what ten seconds allow.
  private var burst: Double { max(1, rate * 10) }
  /// Subjects that are remembered.
  private static let most = 10_000

  init(requestsPerSecond rate: Double) { self.rate = rate }

  /// - Throws: `APIError` 429 that says when to come back.
  func admit(_ subject: Subject) throws(APIError) {
    guard rate > 0 else { return }
    let elapsed = start.duration(to: .now).components
    let time = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    let wait = buckets.withLock { buckets in
      if buckets[subject] == nil, buckets.count >= Self.most { Self.forget(&buckets, at: time) }
      return buckets[subject, default: TokenBucket(rate: rate, burst: burst, at: time)].take(at: time)
    }
    if let wait { throw .tooMany(retryAfter: max(1, Int(wait.rounded(.up)))) }
  }

  /// Drops those that are as good as new; when none is, all: better that some come too often than that memory grows.
  private static func forget(_ buckets: inout [Subject: TokenBucket], at time: Double) {
    buckets = buckets.filter { !$0.value.isFull(at: time) }
    if buckets.count >= most { buckets = [:] }
  }
}
