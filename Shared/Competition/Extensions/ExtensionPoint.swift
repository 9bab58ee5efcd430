/// Where a competition can put a function of its own, beside the scoring function. Each is a key of the contract's `callables`.
public enum ExtensionPoint: String, Sendable, CaseIterable {
  /// What models are shown, made of the feed's window.
  case inferenceInput = "inference_input"
  /// What becomes of an answer that has the contract's fields; raising refuses it.
  case inferenceOutput = "inference_output"
  /// What was true, made of the feed's records from entry to exit.
  case groundTruth = "resolve_ground_truth"
  /// A model's scores of a bucket as the summary of its snapshot.
  case aggregateSnapshot = "aggregate_snapshot"
  /// The leaderboard's entries in their order.
  case rankLeaderboard = "rank_leaderboard"
  /// A checkpoint's ranking as shares of the reward.
  case buildEmission = "build_emission"

  /// The variable that goes before the contract, as the original names it; nil: there is none.
  public var variable: String? {
    switch self {
    case .inferenceInput: "INFERENCE_INPUT_BUILDER"
    case .inferenceOutput: "INFERENCE_OUTPUT_VALIDATOR"
    case .aggregateSnapshot: "MODEL_SCORE_AGGREGATOR"
    case .rankLeaderboard: "LEADERBOARD_RANKER"
    case .groundTruth, .buildEmission: nil
    }
  }

  /// How a function in Python is called; what is in brackets it need not take.
  public var signature: String {
    switch self {
    case .inferenceInput: "(raw_input) -> dict"
    case .inferenceOutput: "(inference_output) -> dict"
    case .groundTruth: "(feed_records[, prediction]) -> dict or None"
    case .aggregateSnapshot: "(score_results) -> dict"
    case .rankLeaderboard: "(entries) -> list of entries"
    case .buildEmission: "(ranked_entries[, crunch_pubkey, compute_provider, data_provider]) -> emission"
    }
  }
}
