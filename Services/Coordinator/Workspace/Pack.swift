/// A kind of competition to begin with. Packs differ in their data alone.
enum Pack: String, Sendable, CaseIterable {
  case realtime, trading, tournament

  struct Data: Sendable {
    var summary: String
    /// `module.Class` that models derive from; its module is a file of the package.
    var baseClass: String
    /// How models are fed.
    var update: String
    /// What the pack's scoring gives an output of 0.5 on a move of 2 %, or a truth of 0.02, as Python.
    var expectedScore: String
    /// Image of the workers: the one with a Python where the score is in Python.
    var image: String
    var contract: [UInt8]
    var environment: [UInt8]
    var base: [UInt8]
    var scoring: [UInt8]
    /// `main.py` of the example models, by name.
    var examples: [(name: String, source: [UInt8])]
    /// What examples are tried on.
    var trial: Trial
  }

  /// What a backtest replays, and what belongs to it.
  struct Trial: Sendable {
    /// What it is, in words.
    var sample: String
    var file: String
    var content: String
    /// A round to try a node with; nil where there are none.
    var round: String?
    /// Modules of the package beside those that all have, by name.
    var modules: [(name: String, source: [UInt8])]
    var tests: [UInt8]
    var readme: [UInt8]
    /// What an operator has to know besides.
    var operation: [UInt8]
    /// The service that takes in market data; empty where there is none.
    var feedService: [UInt8]
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
        ], trial: .feed)
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
        ], trial: .feed)
    case .tournament:
      Data(
        summary:
          "Rounds by API: features are posted, models forecast a number for each row, and are scored by the truth.",
        baseClass: "cruncher.ModelBaseClass", update: "feed_update",
        expectedScore: "-((0.5 - 0.02) * (0.5 - 0.02))", image: "coordinator-node",
        contract: PackageResources.tournament_contract_yaml, environment: PackageResources.tournament_node_env,
        base: PackageResources.tournament_cruncher_py, scoring: PackageResources.tournament_scoring_py,
        examples: [
          ("mean", PackageResources.tournament_mean_py), ("first", PackageResources.tournament_first_py),
          ("cautious", PackageResources.tournament_cautious_py),
        ], trial: .rounds)
    }
  }
}

extension Pack.Trial {
  /// A recorded feed.
  static let feed = Pack.Trial(
    sample: "a made-up feed", file: "sample.csv", content: SampleFeed.csv(subjects: ["BTCUSDT", "ETHUSDT"]),
    round: nil, modules: [("market", PackageResources.market_py), ("backtest", PackageResources.backtest_py)],
    tests: PackageResources.test_challenge_py, readme: PackageResources.challenge_readme_md, operation: [],
    feedService: PackageResources.feed_service_yml)

  /// Past rounds.
  static let rounds = Pack.Trial(
    sample: "made-up rounds", file: "rounds.jsonl", content: SampleRounds.lines(rounds: 5, rows: 20),
    round: SampleRounds.round(rows: 3),
    modules: [("backtest", PackageResources.tournament_backtest_py)],
    tests: PackageResources.tournament_test_challenge_py, readme: PackageResources.tournament_challenge_readme_md,
    operation: Array("\n".utf8) + PackageResources.tournament_operation_md, feedService: [])
}
