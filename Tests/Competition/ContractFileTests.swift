import Competition
import Testing

@Suite("The contract file")
struct ContractFileTests {
  private func problems(_ text: String) -> [String] {
    do {
      _ = try ContractFile.contract(from: text)
      return []
    } catch { return error.problems.map(\.description) }
  }

  @Test("an empty file is the default contract")
  func empty() throws {
    #expect(try ContractFile.contract(from: "") == .default)
    #expect(try ContractFile.contract(from: "# nothing\n") == .default)
  }

  @Test("every section is read")
  func whole() throws {
    let contract = try ContractFile.contract(
      from: """
        output:
          up: {type: float, default: 0.5, minimum: 0, maximum: 1}
          note: string
        scope: {subject: ETH, horizon_seconds: 300, step_seconds: 60}
        call:
          update: feed_update
          method: forecast
          arguments:
            - subject: STRING
            - horizon_seconds: INT
        schedules:
          - scope_key: ETH-300
            scope_template: {subject: ETH}
            schedule: {prediction_interval_seconds: 30, resolve_horizon_seconds: 300}
        aggregation:
          windows: {day: 24, week: 168}
          direction: asc
          value_field: loss
        callables: {scoring: my_crunch.scoring:Scorer.score}
        limits: {output_bytes: 1000, ground_truth_staleness: 0.1, unknown_output_fields: refuse}
        """)
    var up = CrunchContract.OutputField(name: "up", type: .float, defaultValue: .double(0.5))
    (up.minimum, up.maximum) = (0, 1)
    #expect(contract.output == [up, .init(name: "note", type: .string, defaultValue: nil)])
    #expect(contract.scope == .init(subject: "ETH", horizonSeconds: 300, stepSeconds: 60))
    #expect(contract.call.updateMethod == "feed_update" && contract.call.method == "forecast")
    #expect(
      contract.call.arguments == [.init(name: "subject", type: .string), .init(name: "horizon_seconds", type: .int)])
    #expect(contract.schedules?.map(\.scopeKey) == ["ETH-300"])
    #expect(contract.schedules?.first?.schedule.resolveAfterSeconds == 300)
    #expect(contract.aggregation.windows.map(\.name) == ["day", "week"])
    #expect(contract.aggregation.rankingKey == "day", "the first window ranks where nothing is said")
    #expect(contract.aggregation.direction == .ascending && contract.aggregation.valueField == "loss")
    #expect(contract.scoring == .python(module: "my_crunch.scoring", callable: "Scorer.score"))
    #expect(contract.maxOutputBytes == 1_000 && contract.maxGroundTruthStalenessFraction == 0.1)
    #expect(contract.unknownFields == .refuse)
  }

  @Test("all problems are told at once, each with its line, its column and what to write")
  func allAtOnce() {
    let found = problems(
      """
      scope: {horizon_seconds: soon}
      agregation: {}
      aggregation:
        windows: {day: 0}
        direction: up
      output:
        value: {type: float, minimum: 1, maximum: 0}
      schedules:
        - scope_key: A
        - {}
      """)
    #expect(
      found == [
        "1:26: scope.horizon_seconds: must be a whole number of seconds from 0 to 3153600000, not \"soon\"; such as 60",
        "2:1: agregation: is not known here; did you mean aggregation?",
        "4:18: aggregation.windows.day: must be a whole number of hours from 1 to 87600, not \"0\"; such as 24",
        "5:14: aggregation.direction: must be one of asc, desc, not \"up\"",
        "7:45: output.value.maximum: must not be less than the minimum of 1.0",
        "10:5: schedules: [1].scope_key: must be a text that is not empty",
      ])
  }

  @Test("text that is no YAML, and keys that come twice, are told with their line")
  func notYAML() throws {
    let broken = try #require(problems("scope: {subject: BTC\noutput: [").first)
    #expect(broken.hasPrefix("2:") && broken.contains("is no YAML"))
    let twice = try #require(problems("scope: {}\nscope: {}").first)
    #expect(twice.contains("twice"))
  }

  @Test("what a contract is shown as is a file that says the same")
  func shown() throws {
    for text in [
      "", "output: {note: {type: string, default: \"1\"}, up: {type: float, maximum: 1}}\nscope: {subject: \"true\"}",
    ] {
      let contract = try ContractFile.contract(from: text)
      let again = try ContractFile.contract(from: contract.yaml)
      #expect(again.json == contract.json)
      #expect(again.digest == contract.digest)
    }
  }

  @Test("the digest changes with the meaning and not with the spelling")
  func digest() throws {
    let base = try ContractFile.contract(from: "scope: {subject: BTC}")
    #expect(base.digest == CrunchContract.default.digest)
    #expect(base.digest.count == 64)
    #expect(try ContractFile.contract(from: "scope: {subject: ETH}").digest != base.digest)
  }

  @Test("numbers that are none are refused wherever they stand")
  func finite() {
    #expect(
      problems("output: {note: {type: json, default: .nan}}") == [
        "1:38: output.note.default: must be a finite number, not \".nan\""
      ])
    #expect(problems("limits: {ground_truth_staleness: .inf}").count == 1)
  }

  @Test("a callable of another form, and a built-in one that is not there, are refused with what there is")
  func callables() {
    #expect(
      problems("callables: {scoring: mine}") == [
        "1:22: callables.scoring: \"mine\" has no colon; "
          + "write builtin:name, package.module:callable or lib:path.so#symbol"
      ])
    #expect(problems("callables:\n  scoring: builtin:crsp").first?.contains("one of directional") == true)
  }

  @Test("metrics, strategies and filters name functions of the competition, and what is shown says the same")
  func figures() throws {
    let text = """
      metrics: [ic, "builtin:hit_rate", my_crunch.metrics:Figures.edge, {drift: "lib:./drift.so#compute"}, {ic_2: m:ic}]
      ensembles:
        - {name: main, strategy: rank_weight, filter: {top_share: 0.5}}
        - {name: own, strategy: my_crunch.ensembles:weigh, filter: "lib:./keep.so#keep"}
        - {name: apart, strategy: "builtin:equal_weight", filter: {max_metric: ic, at_most: 0.7}}
        - {name: busy, filter: {min_answers: 20}}
      """
    let contract = try ContractFile.contract(from: text)
    #expect(contract.metrics == ["ic", "hit_rate", "edge", "drift", "ic_2"])
    #expect(
      contract.metricFunctions == [
        "edge": .python(module: "my_crunch.metrics", callable: "Figures.edge"),
        "drift": .library(path: "./drift.so", symbol: "compute"), "ic_2": .python(module: "m", callable: "ic"),
      ])
    #expect(
      contract.ensembles == [
        Ensemble(name: "main", strategy: .builtin(.rankWeight), filter: .topShare(0.5)),
        Ensemble(
          name: "own", strategy: .python(module: "my_crunch.ensembles", callable: "weigh"),
          filter: .function(.library(path: "./keep.so", symbol: "keep"))),
        Ensemble(name: "apart", strategy: .equalWeight, filter: .maximum(metric: "ic", 0.7)),
        Ensemble(name: "busy", filter: .answers(20)),
      ])
    let again = try ContractFile.contract(from: contract.yaml)
    var whole = contract
    whole.schedules = ScheduleFile.default
    #expect(again == whole && again.digest == contract.digest)
  }

  @Test("a metric or filter of no known form is refused with what to write")
  func wrongFigures() {
    #expect(problems("metrics: [{a: m:f, b: m:g}]").first?.contains("one name with its function") == true)
    #expect(problems("metrics: [m:edge, {edge: n:f}]").first?.contains("a second time") == true)
    #expect(problems("metrics: [\"builtin:icc\"]").first?.contains("one of ic") == true)
    #expect(problems("ensembles: [{name: a, filter: {top_n: 1, top_share: 0.5}}]").first?.contains("not both") == true)
    #expect(problems("ensembles: [{name: a, filter: {at_least: 1, top_n: 5}}]").first?.contains("min_metric") == true)
    #expect(problems("ensembles: [{name: a, strategy: best}]").first?.contains("one of equal_weight") == true)
  }

  @Test("examples of a field are read as its type has them and shown, and refused where the field could not have them")
  func examples() throws {
    let contract = try ContractFile.contract(
      from: "output: {side: {type: string, examples: [UP, \"1\"]}, size: {type: float, maximum: 5, examples: [1, 2.5]}}"
    )
    #expect(contract.output.map(\.examples) == [["UP", "1"], [.double(1), .double(2.5)]])
    #expect(contract.json["output"]?["side"]?["examples"] == ["UP", "1"])
    #expect(try ContractFile.contract(from: contract.yaml).json == contract.json)
    var other = contract
    other.output[0].examples = ["DOWN"]
    #expect(contract.changes(to: other).map(\.path) == ["output.side.examples"])
    #expect(contract.changes(to: other).allSatisfy { $0.effect.contains("probed") })
    #expect(CrunchContract.default.json["output"]?["value"]?["examples"] == nil)
    #expect(
      problems("output: {side: {type: string, examples: [UP, 1]}, size: {type: int, maximum: 5, examples: [6]}}") == [
        "1:46: output.side.examples[1]: is not of type string",
        "1:92: output.size.examples[0]: field size is above its maximum of 5.0",
      ])
    #expect(problems("output: {side: {type: string, examples: []}}").first?.contains("at least one value") == true)
  }

  @Test("a default outside of its own range, and a range of a text, are refused")
  func ranges() {
    #expect(
      problems("output: {up: {type: float, default: 2, maximum: 1}}") == [
        "1:37: output.up.default: field up is above its maximum of 1.0"
      ])
    #expect(
      problems("output: {note: {type: string, minimum: 1}}") == [
        "1:40: output.note.minimum: is for numbers; the field is of type string"
      ])
  }
}
