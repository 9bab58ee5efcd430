import Competition

/// The predictions of one input and scope key are due: resolve their truth and score them. It carries ids, not payloads.
public struct ScoreTask: BusMessage {
  public static let stream = BusStream.predictionsPending
  public static let kind = "score.task"

  public var inputID: String
  public var scopeKey: String
  public var configID: String?
  public var subject: String
  public var performedAt: Timestamp
  public var resolvableAt: Timestamp

  public init(
    inputID: String, scopeKey: String, configID: String?, subject: String, performedAt: Timestamp,
    resolvableAt: Timestamp
  ) {
    self.inputID = inputID
    self.scopeKey = scopeKey
    self.configID = configID
    self.subject = subject
    self.performedAt = performedAt
    self.resolvableAt = resolvableAt
  }

  public var fields: BusFields {
    [
      ("input_id", inputID), ("scope_key", scopeKey), ("config_id", configID ?? ""), ("subject", subject),
      ("performed_at", performedAt.iso8601(.z)), ("resolvable_at", resolvableAt.iso8601(.z)),
      (TraceParent.field, TraceParent.of(inputID, step: "\(Self.kind) \(scopeKey)")),
    ]
  }

  public init(_ fields: FieldReader) throws(BusDecodingError) {
    let config = fields.textIfPresent("config_id") ?? ""
    self.init(
      inputID: try fields.text("input_id"), scopeKey: try fields.text("scope_key"),
      configID: config.isEmpty ? nil : config, subject: fields.textIfPresent("subject") ?? "",
      performedAt: try fields.time("performed_at"), resolvableAt: try fields.time("resolvable_at"))
  }
}
