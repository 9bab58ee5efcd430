/// The functions that a competition has at its extension points, scoring aside.
public struct ContractCallables: Sendable, Hashable {
  public var inferenceInput: ExtensionReference<BuiltinInput>
  public var inferenceOutput: ExtensionReference<BuiltinOutput>
  public var groundTruth: ExtensionReference<BuiltinTruth>
  public var aggregateSnapshot: ExtensionReference<BuiltinAggregation>
  public var rankLeaderboard: ExtensionReference<BuiltinRanking>
  public var buildEmission: ExtensionReference<BuiltinEmission>

  public init(
    inferenceInput: ExtensionReference<BuiltinInput> = .builtin(.candles),
    inferenceOutput: ExtensionReference<BuiltinOutput> = .builtin(.asIs),
    groundTruth: ExtensionReference<BuiltinTruth> = .builtin(.entryExit),
    aggregateSnapshot: ExtensionReference<BuiltinAggregation> = .builtin(.mean),
    rankLeaderboard: ExtensionReference<BuiltinRanking> = .builtin(.rankingKey),
    buildEmission: ExtensionReference<BuiltinEmission> = .builtin(.contract)
  ) {
    self.inferenceInput = inferenceInput
    self.inferenceOutput = inferenceOutput
    self.groundTruth = groundTruth
    self.aggregateSnapshot = aggregateSnapshot
    self.rankLeaderboard = rankLeaderboard
    self.buildEmission = buildEmission
  }

  /// Each point with what it names.
  public var names: [(point: ExtensionPoint, name: String)] {
    [
      (.inferenceInput, "\(inferenceInput)"), (.inferenceOutput, "\(inferenceOutput)"),
      (.groundTruth, "\(groundTruth)"), (.aggregateSnapshot, "\(aggregateSnapshot)"),
      (.rankLeaderboard, "\(rankLeaderboard)"), (.buildEmission, "\(buildEmission)"),
    ]
  }
}
