import Competition

/// What is said of a price beside its value: how sure its publisher is, and whether it is old. A price may be flagged in the
/// record's `meta`, or be left out altogether, so that no truth is made of it.
struct PriceQuality: Sendable, Hashable {
  /// Confidence interval over price from which on a price is uncertain.
  private let uncertainFrom: Double
  /// Seconds since it was published from which on a price is stale.
  private let staleFrom: Double
  /// Whether what is flagged is left out.
  private let isStrict: Bool

  static let uncertainKey = "uncertain"
  static let staleKey = "stale"

  init(uncertainFrom: Double = 0.01, staleFrom: Double = 60, isStrict: Bool = false) {
    self.uncertainFrom = uncertainFrom
    self.staleFrom = staleFrom
    self.isStrict = isStrict
  }

  init(_ options: FeedOptions) throws {
    self.init(
      uncertainFrom: try options.number("max_uncertainty", default: 0.01, atLeast: 0),
      staleFrom: try options.number("max_age_seconds", default: 60, atLeast: 0),
      isStrict: try options.flag("strict", default: false))
  }

  /// - Parameter confidence: half the width of the interval that the price lies in, in units of the price; nil: not told.
  func meta(price: Double, confidence: Double?, published: Timestamp, now: Timestamp) -> JSONObject {
    var meta = JSONObject()
    if let confidence, confidence.isFinite, confidence >= 0 {
      meta["confidence"] = .double(confidence)
      if confidence / price > uncertainFrom { meta[Self.uncertainKey] = true }
    }
    if now.seconds(since: published) > staleFrom { meta[Self.staleKey] = true }
    return meta
  }

  /// Why a price with this `meta` is left out; nil when it is taken.
  func refusal(of meta: JSONObject) -> String? {
    guard isStrict else { return nil }
    if meta[Self.uncertainKey] != nil { return "a price that is too uncertain" }
    return meta[Self.staleKey].map { _ in "a price that was published too long ago" }
  }
}
