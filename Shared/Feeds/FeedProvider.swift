import Competition

/// A source of market data. A new one is a file in `Providers` and a line in `FeedRegistry`.
public protocol FeedProvider: Sendable {
  /// What can be had.
  func subjects() async throws -> [FeedSubject]

  /// Records of one feed with event times in the request's span, ascending, at most `limit`. Rows that make no sense are
  /// left out and named in `rejected`. No price is ever made up: what is not there is not in the answer.
  func fetch(_ request: FeedRequest) async throws -> FeedPage

  /// Called once per feed before the first fetch, with what was stored for it last time. What it returns is stored.
  func prepare(_ key: FeedKey, stored: JSONObject, now: Timestamp) async throws -> JSONObject

  /// Called behind that, before a feed is taken in that was not lately: asks whether the provider has it and goes on with it.
  /// - Throws: `FeedError`; one that passes when the feed stands still now.
  func check(_ key: FeedKey, now: Timestamp) async throws

  /// How many seconds of the past are had quickly; nil: any number. A feed begins with so many, so that it is live soon; the
  /// rest of a gap is asked for behind that.
  func promptSeconds(of key: FeedKey) -> Int?

  /// Why it cannot be asked for a past, as who asks for one is told; nil: it can.
  var hasNoPast: String? { get }

  /// Seconds that our clock is ahead of the provider's, as its newest answer says; nil: it does not.
  var clockSkew: Double? { get }
}

extension FeedProvider {
  public func prepare(_ key: FeedKey, stored: JSONObject, now: Timestamp) -> JSONObject { stored }
  public func check(_ key: FeedKey, now: Timestamp) {}
  public func promptSeconds(of key: FeedKey) -> Int? { nil }
  public var hasNoPast: String? { nil }
  public var clockSkew: Double? { nil }
}

/// A span of a feed.
public struct FeedRequest: Sendable, Hashable {
  public var key: FeedKey
  /// nil: from wherever the provider likes.
  public var start: Timestamp?
  public var end: Timestamp?
  public var limit: Int?
  /// The time of the request.
  public var now: Timestamp
  /// Whether every record of the span is wanted; false: a poll, for which the newest is enough where the others are dear.
  public var wantsAll = true

  public init(key: FeedKey, start: Timestamp? = nil, end: Timestamp? = nil, limit: Int? = nil, now: Timestamp) {
    self.key = key
    self.start = start
    self.end = end
    self.limit = limit
    self.now = now
  }
}

public struct FeedPage: Sendable, Hashable {
  public var records: [FeedRecord]
  /// Why rows that make no sense were left out.
  public var rejected: [String]
  /// Why rows that make sense were left out: a setting does not want them.
  public var refused: [String] = []
  /// What is known to be missing, which the provider may still have; nil: nothing is.
  public var lacks: String?
  public var continuation: Continuation

  /// Where a span goes on.
  public enum Continuation: Sendable, Hashable {
    /// Behind the newest record, or nowhere when the page was not full.
    case behindNewest
    /// Here: all before it was answered.
    case at(Timestamp)
    /// Nowhere: all that there is was answered.
    case end
  }

  public init(records: [FeedRecord] = [], rejected: [String] = [], continuation: Continuation = .behindNewest) {
    self.records = records
    self.rejected = rejected
    self.continuation = continuation
  }

  /// For who asks for all of a span: what makes no sense may hide what is asked for, so it is asked for again.
  /// - Throws: `FeedError` that passes, when a row makes no sense.
  public func whole() throws -> FeedPage {
    guard let reason = rejected.first else { return self }
    let others = rejected.count > 1 ? " (and \(rejected.count - 1) more)" : ""
    throw FeedError("the provider's answer makes no sense: \(reason)\(others)")
  }
}

/// Something that a provider has data about.
public struct FeedSubject: Sendable, Hashable {
  public var symbol: String
  public var kinds: [String]
  public var granularities: [String]
  public var metadata: JSONObject

  public init(symbol: String, kinds: [String], granularities: [String], metadata: JSONObject = [:]) {
    self.symbol = symbol
    self.kinds = kinds
    self.granularities = granularities
    self.metadata = metadata
  }
}

/// Why a provider has no answer.
public struct FeedError: Error, Sendable, Hashable, CustomStringConvertible {
  public var reason: String
  /// Whether asking again later can help; false for a wrong setting.
  public var isTransient: Bool

  /// Seconds for which the provider is to be left alone, when it says so.
  public var retryAfter: Double?

  public init(_ reason: String, isTransient: Bool = true, retryAfter: Double? = nil) {
    self.reason = reason
    self.isTransient = isTransient
    self.retryAfter = retryAfter
  }

  public var description: String { reason }
}
