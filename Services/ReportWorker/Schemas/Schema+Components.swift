// The rows and objects that routes answer with, by the names that the OpenAPI document gives them.

extension Schema {
  static let components: KeyValuePairs<String, Schema> = [
    "Problem": .record(["detail": .string]),
    "Invalid": .record(["detail": .either([.string, .list(.named("ValidationProblem"))])]),
    "ValidationProblem": .record(
      ["type": .string, "loc": .list(.either([.string, .integer()])), "msg": .string, "input": .anything],
      others: .anything),
    "Health": .record(["status": .choice(["ok"]), "version": .string]),
    "Identity": .record(["crunch_id": .string, "crunch_address": .string, "network": .string]),
    "Column": column, "Widget": widget,
    "Schema": .record([
      "schema_version": .string, "leaderboard_columns": .rows("Column"), "metrics_widgets": .rows("Widget"),
    ]),
    "Model": .record([
      "model_id": .string, "model_name": .string, "cruncher_name": .string, "cruncher_id": .string,
      "deployment_id": .string,
    ]),
    "LeaderboardRow": leaderboardRow, "ModelScores": modelScores, "ParameterScores": parameterScores,
    "ModelMetrics": .record(
      ["model_id": .string, "performed_at": .naiveMoment, "prediction_count": .integer()], others: figure),
    "ModelSummary": .record(["model_id": .string], others: figure),
    "Prediction": prediction, "Feed": feed, "FeedRecord": feedRecord, "Snapshot": snapshot,
    "EnsembleSnapshot": .record(
      [
        "ensemble_name": .string, "model_id": .string, "period_start": .naiveMoment, "period_end": .naiveMoment,
        "performed_at": .naiveMoment, "prediction_count": .integer(),
      ], others: figure),
    "Diversity": diversity, "ModelDiversity": modelDiversity, "Checkpoint": checkpoint, "Emission": emission,
    "Payload": .record([
      "checkpoint_id": .string, "period_start": .moment, "period_end": .moment, "entries": .list(.anything),
    ]),
    "CommandLineEmission": .record([
      "crunch": .anything, "crunchEmission": .map(.number()), "computeProvider": .map(.number()),
      "dataProvider": .map(.number()),
    ]),
    "LatestEmission": .record([
      "checkpoint_id": .string, "status": .string, "period_start": .moment, "period_end": .moment,
      "emission": .named("Emission"),
    ]),
    "Prize": .record(["prizeId": .string, "timestamp": .integer(), "model": .string, "prize": .integer()]),
    "LatestPrizes": .record([
      "checkpoint_id": .string, "status": .string, "period_start": .moment, "period_end": .moment,
      "total_prize": .integer(), "prizes": .rows("Prize"),
    ]),
    "Reward": reward, "MerkleCycle": merkleCycle, "MerkleProof": merkleProof, "BackfillJob": .record(backfillJob),
    "BackfillProgress": .record(backfillJob, others: .number()), "DataFile": dataFile, "Timing": timing,
    "DeadLetter": deadLetter, "Command": command, "Round": round,
    "RoundInference": .record([
      "round_id": .string, "model_count": .count, "prediction_count": .count, "status": .choice(["inference_complete"]),
    ]), "RoundScores": roundScores, "RoundStatus": roundStatus,
    "Signal": .record([
      "name": .string, "model_id": .string, "period_end": .moment, "prediction_count": .integer(),
      "metrics": .map(figure),
    ]),
    "EnsembleSignal": .record([
      "ensemble": .string, "model_id": .string, "signal": object, "performed_at": .moment, "scope": object,
      "scope_key": .string, "weights": object, "input_id": .string,
    ]),
    "PastSignal": .record([
      "signal": object, "performed_at": .moment, "scope_key": .string, "weights": object, "input_id": .string,
    ]),
  ]

  /// Any object.
  static let object = Schema.map(.anything)
  /// A metric: a number, or a boolean where a tool counts one.
  static let figure = Schema.either([.number(), .boolean])
}
