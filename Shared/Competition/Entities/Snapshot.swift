/// One model's scores of one bucket of time, aggregated.
public struct Snapshot: Sendable, Hashable {
  public var id: String
  public var modelID: String
  /// The bucket: `SCORE_INTERVAL_SECONDS` long, aligned to UTC, the end exclusive.
  public var periodStart: Timestamp
  public var periodEnd: Timestamp
  public var predictionCount: Int
  public var resultSummary: JSONObject
  public var meta: JSONObject
  public var createdAt: Timestamp

  public init(
    id: String, modelID: String, periodStart: Timestamp, periodEnd: Timestamp, predictionCount: Int,
    resultSummary: JSONObject, meta: JSONObject = [:], createdAt: Timestamp
  ) {
    self.id = id
    self.modelID = modelID
    self.periodStart = periodStart
    self.periodEnd = periodEnd
    self.predictionCount = predictionCount
    self.resultSummary = resultSummary
    self.meta = meta
    self.createdAt = createdAt
  }
}

extension Snapshot {
  /// Key in `meta` of the digest of the contract that made it.
  public static let contractKey = "contract"
  /// Key in `meta` of why the competition's own aggregation was not used; the means stand in then.
  public static let aggregationFailureKey = "aggregation_failure"
  /// Key in `meta` of why metrics of the competition's own are missing: the reason by the metric's name.
  public static let metricFailuresKey = "metric_failures"
}

/// The ranking of all models at one moment.
public struct Leaderboard: Sendable, Hashable {
  public var id: String
  public var createdAt: Timestamp
  /// Objects as the original stores them: model_id, score {metrics, ranking}, rank, model_name, cruncher_name.
  public var entries: [JSONObject]
  public var meta: JSONObject

  /// Key in `meta` of the SHA-256 of the entries, as PostgreSQL writes them as text.
  public static let digestKey = "entries_digest"

  public init(id: String, createdAt: Timestamp, entries: [JSONObject], meta: JSONObject = [:]) {
    self.id = id
    self.createdAt = createdAt
    self.entries = entries
    self.meta = meta
  }
}
