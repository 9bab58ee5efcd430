import Callables
import Competition
import Testing

@Suite("Functions of the competition at the other extension points", .timeLimit(.minutes(3)))
struct ExtensionTests {
  @Test("an input builder adds to what models are shown")
  func input() async throws {
    let builder = try await InputBuilder(
      OperatorFunctions.python("input_with_spread"), limits: OperatorFunctions.limits(),
      logger: OperatorFunctions.logger)
    let candle: JSON = ["ts": 60, "high": 11.0, "low": 10.5]
    let input = try await builder.input(["symbol": "BTC", "candles_1m": [candle]])
    #expect(input == ["symbol": "BTC", "candles_1m": [candle], "spread": 0.5])
  }

  @Test("a validator changes what counts, and refuses with its own words")
  func output() async throws {
    let validator = try await OutputValidator(
      OperatorFunctions.python("refuse_large"), fields: CrunchContract.default.output,
      limits: OperatorFunctions.limits(), logger: OperatorFunctions.logger)
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
    let both = try await TruthMaker(
      OperatorFunctions.python("truth_of_highs"), limits: OperatorFunctions.limits(), logger: OperatorFunctions.logger)
    #expect(try await both.value(of: Self.records, Self.task) == ["profit": 2.0, "seconds": 120.0])
    let alone = try await TruthMaker(
      OperatorFunctions.python("truth_of_records"), limits: OperatorFunctions.limits(), logger: OperatorFunctions.logger
    )
    #expect(try await alone.value(of: Self.records, Self.task) == ["count": 3])
    let none = try await TruthMaker(
      OperatorFunctions.python("no_truth"), limits: OperatorFunctions.limits(), logger: OperatorFunctions.logger)
    #expect(try await none.value(of: Self.records, Self.task) == nil)
  }

  @Test("an aggregation that raises, crashes or hangs for one model costs that model's summary alone")
  func aggregation() async throws {
    let models = [[1, 2], [1, 2, 3], [5]].map { OperatorFunctions.results($0) }
    for (callable, others) in [("best", 2.0), ("best_or_raise", 1), ("crash_on_three", 2), ("hang_on_three", 2)] {
      let aggregator = try await SnapshotAggregator(
        OperatorFunctions.python(callable), limits: OperatorFunctions.limits(.seconds(2)),
        logger: OperatorFunctions.logger)
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
      contract.callables.rankLeaderboard = OperatorFunctions.python(callable)
      let ranker = try await LeaderboardRanker(
        of: contract, limits: OperatorFunctions.limits(), logger: OperatorFunctions.logger)
      let ranked = await ranker.ranked(entries)
      #expect(
        ranked.entries == [Self.entry("b", rank: 1), Self.entry("a", rank: 2), Self.entry("__ensemble_x__", rank: nil)])
      #expect(ranked.failure == nil)
    }
  }

  private static func ranking(_ count: Int) -> [JSONObject] {
    (0..<count).map { ["model_id": .string("m\($0)"), "rank": JSON($0 + 1)] }
  }

  @Test("an emission of the competition pays as it says, and nobody when it does not add up")
  func emission() async throws {
    let halves = try await OperatorFunctions.emission("halves")
    let made = try await halves.emission(of: Self.ranking(3), wallets: Wallets(crunch: "C", compute: "P"))
    #expect(made["crunch"] == "C" && made["compute_provider_rewards"]?.array?.count == 1)
    #expect(
      made["cruncher_rewards"]?.array?.compactMap { $0["reward_pct"]?.int } == [500_000_000, 500_000_000, 0])
    let picky = try await OperatorFunctions.emission("halves_when_many")
    await #expect(throws: ExtensionFailure.self) { try await picky.emission(of: Self.ranking(2), wallets: Wallets()) }
  }

  @Test("an emission of the competition is stored in the order of the ranking, with its gaps")
  func emissionOrder() async throws {
    let made = try await OperatorFunctions.emission("last_and_first").emission(
      of: Self.ranking(3), wallets: Wallets(crunch: "C"))
    #expect(
      made["cruncher_rewards"] == [
        ["cruncher_index": 0, "reward_pct": 600_000_000], ["cruncher_index": 2, "reward_pct": 400_000_000],
      ])
    #expect(made["compute_provider_rewards"] == [] && made["data_provider_rewards"] == [])
  }

  @Test("an emission of the competition pays providers that are configured, and those the whole")
  func providers() async throws {
    let builder = try await OperatorFunctions.emission("to_provider_named_by_crunch")
    func paid(_ rewards: String, compute: String? = "P", data: String? = nil) async throws -> JSONObject {
      try await builder.emission(
        of: Self.ranking(3), wallets: Wallets(crunch: rewards, compute: compute, data: data))
    }
    let right = try await paid("P 1000000000")
    #expect(right["compute_provider_rewards"] == [["provider": "P", "reward_pct": 1_000_000_000]])
    let cases: [(rewards: String, compute: String?, said: String)] = [
      ("P 999999999", "P", "compute_provider_rewards sum to 999999999"),
      ("P 1000000001", "P", "reward_pct 1000000001 is no share"), ("P -1", "P", "reward_pct -1 is no share"),
      ("Q 1000000000", "P", "pays Q, and P is configured"),
      ("Q 1000000000", nil, "pays Q, and nobody is configured"),
      ("P 500000000 P 500000000", "P", "one provider twice"),
    ]
    for (rewards, compute, said) in cases {
      let failure = await #expect(throws: ExtensionFailure.self, "\(rewards)") {
        try await paid(rewards, compute: compute, data: "P")
      }
      #expect(failure?.reason.contains(said) == true, "\(failure?.reason ?? rewards)")
    }
  }

  @Test("a dynamic library takes and gives JSON")
  func library() async throws {
    let path = try await LibraryScoringTests.build("best_score.c")
    let aggregator = try await SnapshotAggregator(
      .library(path: path, symbol: "best"), limits: OperatorFunctions.limits(), logger: OperatorFunctions.logger)
    let made = await aggregator.summaries(of: [OperatorFunctions.results([1, 4, 2]), [["other": 1]]])
    #expect(made[0].summary == ["value": 4] && made[0].failure == nil)
    #expect(made[1].failure?.contains("no result has a value") == true)
  }
}
