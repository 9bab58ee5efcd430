import Callables
import Competition
import Logging
import ServiceKit

/// What a contract's functions are to the score worker.
struct ContractFunctions: Sendable {
  var call: ScoringCall
  var truth = TruthMaker()
  var aggregator = SnapshotAggregator()
  var ranker: LeaderboardRanker
  var figures = FigureFunctions()

  /// - Parameter ranker: nil: by the contract's ranking key.
  init(
    _ contract: CrunchContract, call: ScoringCall, truth: TruthMaker = TruthMaker(),
    aggregator: SnapshotAggregator = SnapshotAggregator(), ranker: LeaderboardRanker? = nil,
    figures: FigureFunctions = FigureFunctions()
  ) {
    self.call = call
    self.truth = truth
    self.aggregator = aggregator
    self.ranker = ranker ?? LeaderboardRanker(contract.aggregation)
    self.figures = figures
  }

  /// Loads and probes all of them.
  /// - Throws: `CallableFault` with the reason when one cannot be used.
  static func load(
    _ contract: CrunchContract, settings: ScoreSettings, logger: Logger
  ) async throws -> ContractFunctions {
    let scoring = settings.scoring.of(contract)
    let function = try await scoring.load(logger: logger)
    return ContractFunctions(
      contract,
      call: ScoringCall(
        function: function, timeout: .seconds(settings.scoreTimeoutSeconds), shape: contract.shapes.score,
        logger: logger),
      truth: try await TruthMaker(
        contract.callables.groundTruth, shape: contract.shapes.groundTruth, limits: scoring.python, logger: logger),
      aggregator: try await SnapshotAggregator(
        contract.callables.aggregateSnapshot, limits: scoring.python, logger: logger),
      ranker: try await LeaderboardRanker(of: contract, limits: scoring.python, logger: logger),
      figures: try await FigureFunctions(of: contract, limits: scoring.python, logger: logger))
  }
}
