// Models, their scores and what a dashboard shows of them.

extension Schema {
  static let column = Schema.record([
    "id": .integer(), "type": .choice(["MODEL", "VALUE", "USERNAME", "CHART"]), "property": .string,
    "format": .optional(.string), "displayName": .string, "tooltip": .optional(.string),
    "nativeConfiguration": .optional(object), "order": .integer(),
  ])

  static let widget = Schema.record([
    "id": .integer(), "type": .choice(["CHART", "IFRAME"]), "displayName": .string, "tooltip": .optional(.string),
    "order": .integer(), "endpointUrl": .string, "nativeConfiguration": object,
  ])

  /// Beside the named members each metric is one, under its name and with `score_` in front.
  static let leaderboardRow = Schema.record(
    [
      "created_at": .moment, "model_id": .optional(.string), "score_metrics": object, "score_ranking": object,
      "rank": .integer(), "model_name": .optional(.string), "cruncher_name": .optional(.string),
    ], others: .optional(.number()))

  private static let ranking = Schema.record([
    "key": .string, "value": .anything, "direction": .choice(["asc", "desc"]),
  ])

  static let modelScores = Schema.record(
    [
      "model_id": .string, "score_metrics": .map(.optional(figure)), "score_ranking": ranking,
      "performed_at": .naiveMoment,
    ], others: .optional(.number()))

  static let parameterScores = Schema.record(
    [
      "model_id": .string, "scope_key": .string, "scope": object, "param": .anything, "subject": .anything,
      "horizon": .anything, "score_metrics": .map(.optional(figure)), "score_ranking": ranking,
      "performed_at": .naiveMoment,
    ], others: .optional(.number()))

  static let prediction = Schema.record([
    "model_id": .string, "prediction_config_id": .optional(.string), "scope_key": .string, "scope": object,
    "param": .anything, "subject": .anything, "horizon": .anything, "score_value": .optional(.number()),
    "score_failed": .boolean, "score_failed_reason": .optional(.string), "score_success": .boolean,
    "scored_at": .optional(.naiveMoment), "performed_at": .naiveMoment,
  ])

  static let snapshot = Schema.record([
    "id": .string, "model_id": .string, "period_start": .naiveMoment, "period_end": .naiveMoment,
    "prediction_count": .integer(), "result_summary": object, "created_at": .naiveMoment,
  ])

  static let diversity = Schema.record([
    "model_id": .string, "period_end": .moment, "model_correlation": .optional(.number()),
    "ensemble_correlation": .optional(.number()), "contribution": .optional(.number()), "fnc": .optional(.number()),
    "diversity_score": .optional(.number()), "ic": .optional(.number()),
  ])

  static let modelDiversity = Schema.record([
    "model_id": .string, "rank": .optional(.integer()), "diversity_score": .optional(.number()),
    "metrics": .record([
      "ic": .optional(.number()), "model_correlation": .optional(.number()),
      "ensemble_correlation": .optional(.number()),
      "contribution": .optional(.number()), "fnc": .optional(.number()),
    ]), "guidance": .list(.string), "snapshot_period_end": .moment,
  ])
}
