import Competition
import Testing

@Suite("Metrics join by input and scope key")
struct MetricJoinTests {
  private let outcomes = [0.03, -0.02, 0.01, -0.04, 0.05]

  private func row(_ index: Int, signal: Double?) -> [String: MetricCell] {
    ["me": MetricCell(signal: signal, outcome: outcomes[index])]
  }

  @Test("a missing answer shifts nothing: who is always right has every hit and a correlation of 1")
  func missing() throws {
    let rows = outcomes.indices.map { row($0, signal: $0 == 1 ? nil : outcomes[$0] * 10) }
    let summary = try #require(Metric.builtIn.summaries(of: MetricPanel(rows: rows))["me"])
    #expect(summary["hit_rate"] == .double(1))
    #expect(summary["ic"] == .double(1))
  }

  @Test("below a metric's minimum its key is left out")
  func minimum() throws {
    let summary = try #require(
      Metric.builtIn.summaries(of: MetricPanel(rows: [row(0, signal: 0.5)]))["me"])
    #expect(Set(summary.keys) == ["mean_return", "hit_rate"])
  }

  @Test("a number that is not finite counts as missing, for that model alone")
  func notFinite() throws {
    let rows = outcomes.indices.map { row($0, signal: $0 == 1 ? .nan : outcomes[$0] * 10) }
    let summary = try #require(Metric.builtIn.summaries(of: MetricPanel(rows: rows))["me"])
    #expect(summary["hit_rate"] == .double(1))
    #expect(summary["ic"] == .double(1))
  }

  @Test("an output says its signal under one of four names, else with its first number")
  func signals() {
    #expect(MetricCell(output: ["value": nil, "signal": 2], result: nil).signal == 2)
    #expect(MetricCell(output: ["label": "up", "share": 0.5], result: nil).signal == 0.5)
    #expect(MetricCell(output: ["value": "0.25"], result: nil).signal == 0.25)
    #expect(MetricCell(output: ["value": "up", "share": 1], result: nil).signal == nil)
    #expect(MetricCell(output: ["value": .double(.nan)], result: nil).signal == nil)
  }

  @Test("the truth stands in where a score has no return")
  func truth() {
    #expect(MetricCell(output: [:], result: ["value": 1], truth: ["profit": 0.5]).outcome == 0.5)
    #expect(MetricCell(output: [:], result: ["actual_return": 0.25], truth: ["profit": 0.5]).outcome == 0.25)
    #expect(MetricCell(output: [:], result: nil).outcome == nil)
    // Of a round: what the function gave is no truth.
    #expect(MetricCell(output: [:], result: ["value": -0.5], truth: ["value": 2]).outcome == 2)
    let named = MetricCell(output: [:], result: nil, truth: ["pnl": 3, "value": 2], valueField: "pnl")
    #expect(named.outcome == 3)
  }

  @Test("a tournament whose truths have nothing but a value gets an information coefficient")
  func roundTruths() throws {
    let start = Timestamp(seconds: 1_771_000_020)
    let contract = CrunchContract(metrics: ["ic"])
    var history = try #require(try contract.metricHistory())
    let answers = (0..<12).map { row in
      ScoredAnswer(
        prediction: Prediction(
          id: "P\(row)", inputID: "INP", modelID: "a", configID: nil, scopeKey: "r:\(row)", scope: [:], status: .scored,
          output: ["value": .double(Double(row))], performedAt: start, resolvableAt: start),
        result: ["value": .double(-Double(row % 5))], truth: ["value": .double(Double(row * row))], periodStart: start)
    }
    history.replace(start, with: answers)
    let figures = history.figures(of: Bucket(start: start, end: start.adding(seconds: 60)))
    #expect(figures["a"]?["ic"]?.number == 1)
  }

  @Test("models that answered different rows are compared on those that both answered")
  func sharedRows() throws {
    let rows: [[String: MetricCell]] = (0..<70).map { index in
      var cells = ["a": MetricCell(signal: Double(index))]
      if index != 5 { cells["b"] = MetricCell(signal: Double(index) / 2) }
      if index > 66 { cells["c"] = MetricCell(signal: -Double(index)) }
      return cells
    }
    let summaries = try MetricRegistry().selection(["model_correlation"]).summaries(of: MetricPanel(rows: rows))
    #expect(summaries["a"]?["model_correlation"] == .double(0))
    #expect(summaries["b"]?["model_correlation"] == .double(0))
    #expect(summaries["c"]?["model_correlation"] == .double(-1))
  }

  @Test("an ensemble is compared with models, and nothing with an ensemble")
  func ensembles() throws {
    let rows = (0..<4).map { index in
      [
        "a": MetricCell(signal: Double(index)), "b": MetricCell(signal: -Double(index)),
        "__ensemble_main__": MetricCell(signal: Double(index)),
      ]
    }
    let panel = MetricPanel(rows: rows, ensembles: ["__ensemble_main__"])
    let summaries = try MetricRegistry().selection(["model_correlation", "ensemble_correlation"]).summaries(of: panel)
    #expect(summaries["a"] == ["model_correlation": .double(-1), "ensemble_correlation": .double(1)])
    #expect(summaries["__ensemble_main__"]?["model_correlation"] == .double(0))
  }

  @Test("an unknown metric is refused with the name that may be meant")
  func unknown() throws {
    #expect(throws: UnknownMetric(name: "hitrate", nearest: "hit_rate", known: MetricRegistry().names)) {
      try MetricRegistry().selection(["ic", "hitrate"])
    }
    let error = UnknownMetric(name: "hitrate", nearest: "hit_rate", known: [])
    #expect("\(error)" == "metric \"hitrate\" is not known; did you mean hit_rate?")
    #expect("\(UnknownMetric(name: "x", known: ["ic", "fnc"]))" == "metric \"x\" is not known; known are ic, fnc")
  }

  @Test("a competition's own metric stands beside the built-in ones")
  func own() throws {
    var registry = MetricRegistry()
    registry.register(Metric(name: "rows") { panel in panel.series.map { _ in 7 } })
    let summaries = try registry.selection(["rows"]).summaries(of: MetricPanel(rows: [row(0, signal: 1)]))
    #expect(summaries["me"] == ["rows": .double(7)])
  }
}
