import Callables
import Competition
import Foundation
import Logging
import Testing

@Suite("Functions of the competition at the other extension points", .timeLimit(.minutes(3)))
struct ExtensionTests {
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static func limits(_ batchLimit: Duration = .seconds(10)) -> PythonLimits {
    let named = ProcessInfo.processInfo.environment["MODEL_PYTHON"] ?? ""
    return PythonLimits(
      interpreter: FileManager.default.isExecutableFile(atPath: named) ? named : "python3", processes: 1,
      memoryBytes: 512 << 20, batchLimit: batchLimit, aloneLimit: .seconds(1),
      environment: ["PYTHONPATH": Operator.folder])
  }

  private static func python<Builtin>(_ callable: String) -> ExtensionReference<Builtin> {
    .python(module: "operator_extensions", callable: callable)
  }

  private static func results(_ values: [Double]) -> [JSONObject] { values.map { ["value": .double($0)] } }

  @Test("an input builder adds to what models are shown")
  func input() async throws {
    let builder = try await InputBuilder(Self.python("input_with_spread"), limits: Self.limits(), logger: Self.logger)
    let candle: JSON = ["ts": 60, "high": 11.0, "low": 10.5]
    let input = try await builder.input(["symbol": "BTC", "candles_1m": [candle]])
    #expect(input == ["symbol": "BTC", "candles_1m": [candle], "spread": 0.5])
  }

  @Test("a validator changes what counts, and refuses with its own words")
  func output() async throws {
    let validator = try await OutputValidator(
      Self.python("refuse_large"), fields: CrunchContract.default.output, limits: Self.limits(), logger: Self.logger)
    #expect(try await validator.output(["value": 0.126]) == ["value": 0.13])
    await #expect(throws: OutputRefusal(reason: "ValueError: value is too large")) {
      try await validator.output(["value": 7])
    }
  }

  private static let records = (0..<3).map { minute in
    FeedRecord(
      key: FeedKey(source: "test", subject: "BTC", kind: .candle, granularity: "1m"),
      eventTime: Timestamp(seconds: Int64(minute) * 60), ingestedTime: Timestamp(seconds: Int64(minute + 1) * 60),
      values: ["high": .double(10 + Double(minute)), "close": .double(10)], meta: [:])
  }
  private static let task = TruthMaker.Task(
    scope: ["subject": "BTC"], scopeKey: "BTC", performedAt: Timestamp(seconds: 60),
    resolvableAt: Timestamp(seconds: 180))

  @Test("a resolver gets the records with their times, and the prediction where it takes it")
  func truth() async throws {
    let both = try await TruthMaker(Self.python("truth_of_highs"), limits: Self.limits(), logger: Self.logger)
    #expect(try await both.value(of: Self.records, Self.task) == ["profit": 2.0, "seconds": 120.0])
    let alone = try await TruthMaker(Self.python("truth_of_records"), limits: Self.limits(), logger: Self.logger)
    #expect(try await alone.value(of: Self.records, Self.task) == ["count": 3])
    let none = try await TruthMaker(Self.python("no_truth"), limits: Self.limits(), logger: Self.logger)
    #expect(try await none.value(of: Self.records, Self.task) == nil)
  }

  @Test("an aggregation that raises, crashes or hangs for one model costs that model's summary alone")
  func aggregation() async throws {
    let models = [[1, 2], [1, 2, 3], [5]].map { Self.results($0) }
    for (callable, others) in [("best", 2.0), ("best_or_raise", 1), ("crash_on_three", 2), ("hang_on_three", 2)] {
      let aggregator = try await SnapshotAggregator(
        Self.python(callable), limits: Self.limits(.seconds(2)), logger: Self.logger)
      let made = await aggregator.summaries(of: models)
      if callable == "best" {
        #expect(made.map(\.summary) == [["value": 2.0, "n": 2], ["value": 3.0, "n": 3], ["value": 5.0, "n": 1]])
        #expect(made.allSatisfy { $0.failure == nil })
        continue
      }
      #expect(made[0].summary == ["value": .double(others)] && made[2].summary == ["value": .double(others)])
      // The mean stands in, and says why.
      #expect(made[1].summary == ["value": 2.0] && made[1].failure != nil, "\(callable)")
    }
  }

  private static func entry(_ id: String, rank: Int?) -> JSONObject {
    var entry: JSONObject = ["model_id": .string(id), "score": ["metrics": ["score_recent": 1]]]
    entry["rank"] = rank.map { JSON($0) }
    return entry
  }

  @Test("a ranker decides the order alone: entries, ranks without gaps and the place of ensembles are ours")
  func ranking() async throws {
    let entries = [Self.entry("a", rank: 1), Self.entry("b", rank: 2), Self.entry("__ensemble_x__", rank: nil)]
    for callable in ["by_name_backwards_at_equal_scores", "by_given_ranks"] {
      var contract = CrunchContract.default
      contract.callables.rankLeaderboard = Self.python(callable)
      let ranker = try await LeaderboardRanker(of: contract, limits: Self.limits(), logger: Self.logger)
      let ranked = await ranker.ranked(entries)
      #expect(
        ranked.entries == [Self.entry("b", rank: 1), Self.entry("a", rank: 2), Self.entry("__ensemble_x__", rank: nil)])
      #expect(ranked.failure == nil)
    }
  }

  private static func emission(_ callable: String) async throws -> EmissionBuilder {
    var contract = CrunchContract.default
    contract.callables.buildEmission = python(callable)
    return try await EmissionBuilder(of: contract, limits: limits(), logger: logger)
  }

  private static func ranking(_ count: Int) -> [JSONObject] {
    (0..<count).map { ["model_id": .string("m\($0)"), "rank": JSON($0 + 1)] }
  }

  @Test("an emission of the competition pays as it says, and nobody when it does not add up")
  func emission() async throws {
    let halves = try await Self.emission("halves")
    let made = try await halves.emission(of: Self.ranking(3), wallets: Wallets(crunch: "C", compute: "P"))
    #expect(made["crunch"] == "C" && made["compute_provider_rewards"]?.array?.count == 1)
    #expect(
      made["cruncher_rewards"]?.array?.compactMap { $0["reward_pct"]?.int } == [500_000_000, 500_000_000, 0])
    let picky = try await Self.emission("halves_when_many")
    await #expect(throws: ExtensionFailure.self) { try await picky.emission(of: Self.ranking(2), wallets: Wallets()) }
  }

  @Test("a function that is not there, takes other arguments or answers something else is refused at the start")
  func refused() async throws {
    func fault(_ load: () async throws -> Void) async -> String {
      do {
        try await load()
        return "usable"
      } catch { return "\(error)" }
    }
    let limits = Self.limits()
    let cases: [(String, String)] = [
      (
        await fault {
          _ = try await SnapshotAggregator(Self.python("none_such"), limits: limits, logger: Self.logger)
        }, "none_such"
      ),
      (
        await fault {
          _ = try await SnapshotAggregator(Self.python("two_needed"), limits: limits, logger: Self.logger)
        }, "cannot be called with (score_results)"
      ),
      (
        await fault { _ = try await SnapshotAggregator(Self.python("a_list"), limits: limits, logger: Self.logger) },
        "where a dictionary is expected"
      ),
      (
        await fault { _ = try await InputBuilder(Self.python("a_list"), limits: limits, logger: Self.logger) },
        "where a dictionary is expected"
      ),
      (await fault { _ = try await Self.emission("too_much") }, "reward_pct 1000000001 is no share"),
      (await fault { _ = try await Self.emission("to_nobody") }, "cruncher_index 99 is not there"),
      (
        await fault {
          var contract = CrunchContract.default
          contract.callables.rankLeaderboard = Self.python("drop_one")
          _ = try await LeaderboardRanker(of: contract, limits: limits, logger: Self.logger)
        }, "a list of the same entries"
      ),
    ]
    for (said, expected) in cases { #expect(said.contains(expected), "\(said)") }
  }

  /// Each point's function, loaded as a worker does; nil when it can be used.
  private static func fault(of callable: String, at point: ExtensionPoint) async -> String? {
    let limits = limits(.seconds(5))
    var contract = CrunchContract.default
    contract.callables.rankLeaderboard = python(callable)
    contract.callables.buildEmission = python(callable)
    do {
      switch point {
      case .inferenceInput: _ = try await InputBuilder(python(callable), limits: limits, logger: logger)
      case .inferenceOutput:
        _ = try await OutputValidator(python(callable), fields: contract.output, limits: limits, logger: logger)
      case .groundTruth: _ = try await TruthMaker(python(callable), limits: limits, logger: logger)
      case .aggregateSnapshot: _ = try await SnapshotAggregator(python(callable), limits: limits, logger: logger)
      case .rankLeaderboard: _ = try await LeaderboardRanker(of: contract, limits: limits, logger: logger)
      case .buildEmission: _ = try await EmissionBuilder(of: contract, limits: limits, logger: logger)
      }
      return nil
    } catch { return "\(error)" }
  }

  @Test(
    "one that answers the same whatever it is given is refused at the start, and the same shares for each rank are right",
    arguments: [
      (.inferenceInput, "stub"), (.inferenceOutput, "stub"), (.groundTruth, "stub"), (.aggregateSnapshot, "stub"),
      (.rankLeaderboard, "by_name"),
    ] as [(ExtensionPoint, String)])
  func stub(_ point: ExtensionPoint, _ callable: String) async throws {
    let fault = await Self.fault(of: callable, at: point)
    #expect(fault?.contains("looks like a stub") == true, "\(fault ?? "usable")")
    #expect(await Self.fault(of: "all_to_the_first", at: .buildEmission) == nil)
  }

  @Test(
    "one that is absurdly slow is refused at the start",
    arguments: [
      (.inferenceInput, "slow_input"), (.inferenceOutput, "slow_output"), (.groundTruth, "slow_truth"),
      (.aggregateSnapshot, "slow_summary"), (.rankLeaderboard, "slow_order"), (.buildEmission, "slow_shares"),
    ] as [(ExtensionPoint, String)])
  func slow(_ point: ExtensionPoint, _ callable: String) async throws {
    let fault = await Self.fault(of: callable, at: point)
    #expect(fault?.contains("which may take") == true, "\(fault ?? "usable")")
  }

  @Test("a validator that refuses all that is made up may want what no field says")
  func refusesAll() async throws {
    #expect(await Self.fault(of: "refuse_all", at: .inferenceOutput) == nil)
  }

  @Test("a dynamic library takes and gives JSON")
  func library() async throws {
    let path = try await LibraryScoringTests.build("best_score.c")
    let aggregator = try await SnapshotAggregator(
      .library(path: path, symbol: "best"), limits: Self.limits(), logger: Self.logger)
    let made = await aggregator.summaries(of: [Self.results([1, 4, 2]), [["other": 1]]])
    #expect(made[0].summary == ["value": 4] && made[0].failure == nil)
    #expect(made[1].failure?.contains("no result has a value") == true)
  }
}

@Suite("Built-in functions at the other extension points")
struct BuiltinExtensionTests {
  private static let results: [JSONObject] = [1.0, 2, 9].map { ["value": .double($0), "note": "n"] }

  @Test(
    "aggregations",
    arguments: [
      (.mean, 4.0), (.median, 2), (.sum, 12), (.sharpe, 4 / (38.0 / 3).squareRoot()),
    ] as [(BuiltinAggregation, Double)])
  func aggregation(_ builtin: BuiltinAggregation, _ value: Double) throws {
    let summary = builtin.summary(of: Self.results)
    #expect(abs(try #require(summary["value"]?.number) - value) < 1e-12)
    #expect(summary["note"] == "n")
  }

  @Test("truths on the way from entry to exit")
  func truth() throws {
    let records = [(100.0, 1.0), (110, 3), (90, 1)].enumerated().map { index, candle in
      FeedRecord(
        key: FeedKey(source: "t", subject: "BTC", kind: .candle, granularity: "1m"),
        eventTime: Timestamp(seconds: Int64(index) * 60), ingestedTime: Timestamp(seconds: 600),
        values: [
          "close": .double(candle.0), "volume": .double(candle.1), "high": .double(candle.0 + 5),
          "low": .double(candle.0 - 5),
        ], meta: [:])
    }
    // (110 × 3 + 90) / 4 = 105
    #expect(BuiltinTruth.vwap.value(of: records)?["profit"]?.number == 0.05)
    #expect(BuiltinTruth.entryExit.value(of: records)?["profit"]?.number == -0.1)
    let range = try #require(BuiltinTruth.range.value(of: records))
    #expect(range["highest"]?.number == 115 && range["lowest"]?.number == 85 && range["profit"]?.number == -0.1)
    let second: Double = 20.0 / 110
    let swing = (0.01 + second * second).squareRoot()
    let volatility = try #require(range["volatility"]?.number)
    #expect(abs(volatility - swing) < 1e-12)
    #expect(BuiltinTruth.vwap.value(of: [records[1], records[1]])?["profit"]?.number == 0)
  }

  @Test("outputs, inputs, rankings and emissions")
  func others() throws {
    #expect(try BuiltinOutput.clip.output(["value": 7]) == ["value": 1.0])
    #expect(try BuiltinOutput.sign.output(["value": -0.2]) == ["value": -1.0])
    #expect(throws: OutputRefusal.self) { try BuiltinOutput.probability.output(["value": 1.1]) }
    let raw: JSONObject = ["symbol": "B", "candles_1m": [["close": 100.0], ["close": 110.0]]]
    #expect(BuiltinInput.closes.input(raw) == ["symbol": "B", "closes": [100.0, 110.0]])
    #expect(BuiltinInput.returns.input(raw) == ["symbol": "B", "returns": [0.1]])
    // Ranks: a 1, 3, 3; b 2, 1, 1; c 3, 2, 2. Equal sums keep the order by the ranking key.
    let values: [(id: String, x: Double, y: Double, z: Double)] = [("a", 9, 1, 1), ("b", 5, 5, 5), ("c", 1, 2, 4)]
    let entries = values.map { model -> JSONObject in
      let metrics: JSONObject = ["x": .double(model.x), "y": .double(model.y), "z": .double(model.z)]
      return ["model_id": .string(model.id), "score": .object(["metrics": .object(metrics)])]
    }
    let ordered = BuiltinRanking.meanRank.ordered(entries, windows: ["x", "y", "z"], isDescending: true)
    #expect(ordered.compactMap { $0["model_id"]?.string } == ["b", "a", "c"])
    let ranking = [3.0, 1, -2].map { value -> JSONObject in ["result_summary": ["value": .double(value)]] }
    func shares(_ builtin: BuiltinEmission) -> [Int64] {
      builtin.emission(of: ranking, rule: .tiers, valueField: "value", wallets: Wallets())["cruncher_rewards"]?.array?
        .compactMap { $0["reward_pct"]?.int } ?? []
    }
    #expect(shares(.equal) == [333_333_334, 333_333_333, 333_333_333])
    #expect(shares(.winner) == [1_000_000_000, 0, 0])
    #expect(shares(.proportional) == [750_000_000, 250_000_000, 0])
    #expect(shares(.contract).reduce(0, +) == 1_000_000_000)
  }
}
