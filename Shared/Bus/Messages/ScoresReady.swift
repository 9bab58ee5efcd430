import Competition

/// Predictions of a task were scored; the bucket that counts them changed.
public struct ScoresReady: BusMessage {
  public static let stream = BusStream.scoresReady
  public static let kind = "scores.ready"

  public var inputID: String
  public var scopeKey: String
  /// Start of the bucket.
  public var periodStart: Timestamp
  public var scored: Int

  public init(inputID: String, scopeKey: String, periodStart: Timestamp, scored: Int) {
    self.inputID = inputID
    self.scopeKey = scopeKey
    self.periodStart = periodStart
    self.scored = scored
  }

  public var fields: BusFields {
    [
      ("input_id", inputID), ("scope_key", scopeKey), ("period_start", periodStart.iso8601(.z)),
      ("scored", String(scored)),
      (TraceParent.field, TraceParent.of(inputID, step: "\(Self.kind) \(scopeKey)")),
    ]
  }

  public init(_ fields: FieldReader) throws(BusDecodingError) {
    self.init(
      inputID: try fields.text("input_id"), scopeKey: try fields.text("scope_key"),
      periodStart: try fields.time("period_start"), scored: try fields.integer("scored"))
  }
}
