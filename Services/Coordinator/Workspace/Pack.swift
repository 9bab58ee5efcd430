/// A kind of competition to begin with. Packs differ in their data alone.
enum Pack: String, Sendable, CaseIterable {
  case realtime, trading

  struct Data: Sendable {
    var summary: String
    /// `module.Class` that models derive from; its module is a file of the package.
    var baseClass: String
    /// How models are fed.
    var update: String
    /// What the pack's scoring gives an output of 0.5 on a move of 2 %, as Python.
    var expectedScore: String
    /// Image of the workers: the one with a Python where the score is in Python.
    var image: String
    var contract: [UInt8]
    var environment: [UInt8]
    var base: [UInt8]
    var scoring: [UInt8]
    /// `main.py` of the example models, by name.
    var examples: [(name: String, source: [UInt8])]
  }

  var data: Data {
    switch self {
    case .realtime:
      Data(
        summary: "Where prices go within a minute and within five; the score is what a position would have earned.",
        baseClass: "tracker.TrackerBase", update: "tick", expectedScore: "0.5 * 0.02", image: "coordinator-node",
        contract: PackageResources.realtime_contract_yaml, environment: PackageResources.realtime_node_env,
        base: PackageResources.tracker_py, scoring: PackageResources.realtime_scoring_py,
        examples: [
          ("momentum", PackageResources.realtime_momentum_py),
          ("mean_reversion", PackageResources.realtime_mean_reversion_py),
          ("breakout", PackageResources.realtime_breakout_py),
        ])
    case .trading:
      Data(
        summary: "Positions held for five minutes and for an hour; the score, in Python, is what is left after costs.",
        baseClass: "cruncher.ModelBaseClass", update: "feed_update",
        expectedScore: "0.5 * 0.02 - 2 * scoring.COST * 0.5", image: "coordinator-node-python",
        contract: PackageResources.trading_contract_yaml, environment: PackageResources.trading_node_env,
        base: PackageResources.cruncher_py, scoring: PackageResources.trading_scoring_py,
        examples: [
          ("momentum", PackageResources.trading_momentum_py),
          ("mean_reversion", PackageResources.trading_mean_reversion_py),
          ("breakout", PackageResources.trading_breakout_py),
        ])
    }
  }
}
