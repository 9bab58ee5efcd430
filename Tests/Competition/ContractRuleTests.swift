import Competition
import Testing

@Suite("What a contract may say")
struct ContractRuleTests {
  private func problems(_ text: String) -> [String] {
    do {
      _ = try ContractFile.contract(from: text)
      return []
    } catch { return error.problems.map(\.description) }
  }

  @Test(
    "a name of nothing is refused, with what may be meant; what a function of the competition gives nobody else knows")
  func names() {
    let cases = [
      (
        "aggregation: {windows: {day: 24}, ranking_key: dya}",
        "dya is no window, metric or field of a score; did you mean day?"
      ),
      (
        "aggregation: {ranking_key: sharpness}",
        "sharpness is no window, metric or field of a score; known are score_recent, "
      ),
      ("aggregation: {value_field: pnl}", "pnl is no field of a score; known are value, success, actual_return"),
      ("callables: {scoring: m:f}\nscore: {pnl: float}\naggregation: {value_field: pln}", "did you mean pnl?"),
      (
        "ensembles: [{name: a, filter: {min_metric: edge, at_least: 0}}]",
        "edge is no metric or field of a score; known are value"
      ),
      (
        "schedules: []\ncall: {arguments: [{subjcet: STRING}]}",
        "subjcet is no field of the scope; did you mean subject?"
      ),
      ("rounds: {answer_seconds: 90, truth_seconds: 60}", "answer_seconds of 90.0 is more than truth_seconds of 60.0"),
      ("aggregation: {direction: dsc}", "did you mean desc?"), ("output: {up: flaot}", "did you mean float?"),
      ("callables: {scoring: \"builtin:log_los\"}", "did you mean builtin:log_loss?"),
      ("emission: {strategy: tier}", "did you mean tiers?"),
    ]
    for (text, expected) in cases {
      #expect(problems(text).contains { $0.contains(expected) }, "\(text): \(problems(text))")
    }
    for text in [
      "callables: {scoring: m:f}\naggregation: {value_field: pnl, ranking_key: pnl}",
      "callables: {aggregate_snapshot: m:f}\naggregation: {value_field: pnl}",
      "callables: {aggregate_snapshot: builtin:sharpe}\naggregation: {ranking_key: mean_value}",
      "schedules: [{scope_key: A, scope_template: {venue: X}, schedule: {prediction_interval_seconds: 60}}]\n"
        + "call: {arguments: [{venue: STRING}]}",
      "aggregation: {value_field: actual_return}",
      "callables: {scoring: builtin:crps}\naggregation: {value_field: crps}",
    ] {
      #expect(problems(text).isEmpty, "\(text): \(problems(text))")
    }
  }

  @Test("names are judged by the functions that variables name, and not at all in what a node stored")
  func namesOfVariables() throws {
    let text = "aggregation: {value_field: pnl}"
    let contract = try ContractFile.contract(from: text) { contract in
      var meant = contract
      meant.scoring = .python(module: "m", callable: "f")
      return meant
    }
    #expect(contract.aggregation.valueField == "pnl" && contract.scoring == .builtin(.directional))
    #expect(try ContractFile.contract(stored: contract.json.text).aggregation.valueField == "pnl")
  }

  @Test("tiers of the emission are the competition's own, ascending and no more than the whole")
  func tiers() throws {
    let text = "emission: {tiers: [{through: 1, percent: 50}, {through: 3, percent: 20}]}"
    let contract = try ContractFile.contract(from: text)
    #expect(contract.emission == .ownTiers([.init(through: 1, percent: 50), .init(through: 3, percent: 20)]))
    #expect(try ContractFile.contract(from: contract.yaml).emission == contract.emission)
    func shares(_ count: Int) -> [Int64] {
      contract.emission.emission(of: (0..<count).map { _ in [:] }, wallets: Wallets())["cruncher_rewards"]?.array?
        .compactMap { $0["reward_pct"]?.int } ?? []
    }
    // What the tiers leave goes to all in equal parts.
    #expect(shares(2) == [650_000_000, 350_000_000])
    #expect(shares(4) == [525_000_000, 225_000_000, 225_000_000, 25_000_000])
    #expect(
      problems("emission: {tiers: [{through: 2, percent: 51}]}") == [
        "1:19: emission.tiers: gives 102.0 percent in all, where 100 is the whole"
      ])
    let descending = problems("emission: {tiers: [{through: 2, percent: 1}, {through: 2, percent: 1}]}")
    #expect(descending.first?.contains("must be more than 2") == true)
    #expect(
      problems("emission: {strategy: contribution, tiers: []}").first?.contains("belongs to strategy: tiers") == true)
    #expect(problems("emission: {tiers: []}").first?.contains("at least one tier") == true)
  }

  @Test("unknown fields of each shape are kept or refused")
  func unknownFields() throws {
    let text = """
      raw_input: {symbol: string}
      inference_input: {symbol: string}
      score: {pnl: float}
      ground_truth: {profit: float}
      limits:
        unknown_raw_input_fields: refuse
        unknown_inference_input_fields: refuse
        unknown_score_fields: refuse
        unknown_ground_truth_fields: refuse
      callables: {scoring: m:f}
      """
    let contract = try ContractFile.contract(from: text)
    #expect(try ContractFile.contract(from: contract.yaml).shapes == contract.shapes)
    for (key, shape) in contract.shapes.sections {
      let name = shape.fields[0].name
      let value: JSON = name == "symbol" ? "BTC" : 1.0
      let known = JSONObject([(name, value)])
      let other = known.merging(["other": 1])
      #expect(try shape.checked(known, as: key) == known)
      let refused = #expect(throws: ShapeViolation.self) { try shape.checked(other, as: key) }
      #expect(refused?.reason == "the contract gives the \(key) no field other")
      #expect(try CrunchContract.Shape(shape.fields).checked(other, as: key) == other)
    }
    // What every score has is no unknown field.
    let scored = ScoringOutcome.scored(["value": 1.0, "success": true, "failed_reason": nil, "pnl": 1.0])
    #expect(scored.checked(against: contract.shapes.score) == scored)
    #expect(problems("limits: {unknown_score_fields: refuse}").first?.contains("needs the section score") == true)
  }

  @Test("another order of the leaderboard is said to change the leaderboard, and no checkpoint")
  func rankingEffect() {
    var other = CrunchContract.default
    other.callables.rankLeaderboard = .python(module: "mine", callable: "order")
    let changes = CrunchContract.default.changes(to: other)
    #expect(changes.map(\.path) == ["callables.rank_leaderboard"])
    #expect(changes.first?.effect.contains("checkpoints rank and pay by the ranking key") == true)
    #expect(changes.first?.effect.contains("next checkpoint") == false)
  }
}
