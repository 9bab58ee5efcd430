import Competition

/// What variables say in the place of a contract.
public struct ContractVariables: Sendable {
  private var scoring: CallableReference?
  private var inferenceInput: ExtensionReference<BuiltinInput>?
  private var inferenceOutput: ExtensionReference<BuiltinOutput>?
  private var aggregateSnapshot: ExtensionReference<BuiltinAggregation>?
  private var rankLeaderboard: ExtensionReference<BuiltinRanking>?
  private var metricsWindowSeconds: Int?

  /// The variables that are set, by what they stand for in the contract, as `callables.scoring`.
  public var names: [String: String] {
    var names: [String: String] = [:]
    if scoring != nil { names["callables.scoring"] = "SCORING_FUNCTION" }
    for (point, isSet) in [
      (ExtensionPoint.inferenceInput, inferenceInput != nil), (.inferenceOutput, inferenceOutput != nil),
      (.aggregateSnapshot, aggregateSnapshot != nil), (.rankLeaderboard, rankLeaderboard != nil),
    ] where isSet { names["callables.\(point.rawValue)"] = point.variable }
    if metricsWindowSeconds != nil { names["aggregation.metrics_window_seconds"] = "METRICS_WINDOW_SECONDS" }
    return names
  }

  /// - Parameter reader: notes what is wrong with them.
  init(_ reader: inout SettingsReader) {
    scoring = reader.scoringReference()
    inferenceInput = reader.reference(.inferenceInput)
    inferenceOutput = reader.reference(.inferenceOutput)
    aggregateSnapshot = reader.reference(.aggregateSnapshot)
    rankLeaderboard = reader.reference(.rankLeaderboard)
    metricsWindowSeconds = reader.value(
      .optionalInteger(
        "METRICS_WINDOW_SECONDS", in: CrunchContract.metricsWindowRange, example: "3600",
        "How far metrics and the weights of ensembles look back; without it the contract says."))
  }

  /// The contract as it is in force with them.
  public func applied(to contract: CrunchContract) -> CrunchContract {
    var meant = contract
    meant.scoring = scoring ?? contract.scoring
    meant.callables.inferenceInput = inferenceInput ?? contract.callables.inferenceInput
    meant.callables.inferenceOutput = inferenceOutput ?? contract.callables.inferenceOutput
    meant.callables.aggregateSnapshot = aggregateSnapshot ?? contract.callables.aggregateSnapshot
    meant.callables.rankLeaderboard = rankLeaderboard ?? contract.callables.rankLeaderboard
    meant.metricsWindowSeconds = metricsWindowSeconds ?? contract.metricsWindowSeconds
    return meant
  }
}

extension SettingsReader {
  public mutating func contractVariables() -> ContractVariables { ContractVariables(&self) }
}
