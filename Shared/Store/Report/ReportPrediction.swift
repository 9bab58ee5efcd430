import Competition
import Postgres

/// A prediction with its score, as `/reports/predictions` shows it.
public struct ReportPrediction: Sendable {
  public var id: String
  public var modelID: String
  public var configID: String?
  public var scopeKey: String
  public var scope: StoredJSON?
  public var isScored: Bool
  /// The member `value` of the score's result.
  public var scoreValue: StoredJSON?
  /// Nil where the score does not say.
  public var success: Bool?
  /// Why the score failed; of a prediction without one, why it failed itself.
  public var failedReason: String?
  public var scoredAt: Timestamp?
  public var performedAt: Timestamp

  init(_ row: PostgresRow) throws(PostgresError) {
    modelID = try row.text(0)
    configID = row.textIfPresent(1)
    scopeKey = try row.text(2)
    scope = row.stored(3)
    isScored = try row.bool(4)
    scoreValue = row.stored(5)
    success = try row.boolIfPresent(6)
    failedReason = row.textIfPresent(7)
    scoredAt = try row.calendarTimeIfPresent(8)
    performedAt = try row.calendarTime(9)
    id = try row.text(10)
  }
}
