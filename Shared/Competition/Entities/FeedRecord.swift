/// The four dimensions that name a feed, as in `pyth`, `BTC`, `tick`, `1s`.
public struct FeedKey: Sendable, Hashable {
  public var source: String
  public var subject: String
  public var kind: FeedKind
  /// As configured and stored, for instance `1m`; see `Granularity` for its length.
  public var granularity: String

  public init(source: String, subject: String, kind: FeedKind, granularity: String) {
    self.source = source
    self.subject = subject
    self.kind = kind
    self.granularity = granularity
  }
}

extension FeedKey {
  /// The feed that a prediction's scope names; what it does not name is that of `fallback`.
  public init(scope: JSONObject, fallback: FeedKey) {
    self.init(
      source: scope["source"]?.string ?? fallback.source, subject: scope["subject"]?.string ?? fallback.subject,
      kind: scope["kind"]?.string.map { FeedKind(rawValue: $0) } ?? fallback.kind,
      granularity: scope["granularity"]?.string ?? fallback.granularity)
  }
}

/// What a feed's records are. Stored as lower-case text; other kinds than the first two exist (`depth`, `funding`).
public struct FeedKind: RawRepresentable, Sendable, Hashable {
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Open, high, low, close and volume of a span that begins at the record's time.
  public static let candle = FeedKind(rawValue: "candle")
  /// A price at the record's time.
  public static let tick = FeedKind(rawValue: "tick")
}

/// One market record, identified by its feed and the time of its event.
public struct FeedRecord: Sendable, Hashable {
  public var key: FeedKey
  /// When it happened at the provider: a tick's moment, the open of a candle.
  public var eventTime: Timestamp
  /// When this node took it in.
  public var ingestedTime: Timestamp
  /// `{open, high, low, close, volume}` of a candle, `{price}` of a tick.
  public var values: JSONObject
  public var meta: JSONObject

  public init(
    key: FeedKey, eventTime: Timestamp, ingestedTime: Timestamp, values: JSONObject, meta: JSONObject = [:]
  ) {
    self.key = key
    self.eventTime = eventTime
    self.ingestedTime = ingestedTime
    self.values = values
    self.meta = meta
  }

  /// The key in `meta` under which a provider says that a candle is closed (or is still forming).
  public static let closedMetaKey = "closed"

  /// Whether the record's values are final. A tick's always are. A candle's are when the provider says so, else when it
  /// was taken in at or after its end.
  public var isClosed: Bool {
    guard key.kind == .candle else { return true }
    if let closed = meta[Self.closedMetaKey]?.bool { return closed }
    return ingestedTime >= knownTime
  }

  /// When the record's price is known: the close of a candle (`eventTime` + granularity), the moment of a tick.
  public var knownTime: Timestamp {
    guard key.kind == .candle, let granularity = Granularity(key.granularity) else { return eventTime }
    return eventTime.adding(seconds: granularity.seconds)
  }
}
