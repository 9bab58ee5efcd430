import Competition

/// What one model and scope key scored in an hour.
struct ScoreHourSum: Sendable {
  var hour: Int64 = 0
  var modelID: String
  var scopeKey: String?
  var count: Int64
  var sum: Double
  var earliest: Timestamp
  var newest: Timestamp
  /// Predictions that may still get a score.
  var unfinished: Int64 = 0
}
