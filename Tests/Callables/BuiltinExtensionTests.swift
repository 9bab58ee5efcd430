import Callables
import Competition
import Testing

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
