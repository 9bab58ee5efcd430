import Callables
import Competition
import Foundation
import Logging
import Testing

@Suite("Metrics, strategies and filters of the competition", .timeLimit(.minutes(3)))
struct FigureFunctionTests {
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static func limits(_ batchLimit: Duration = .seconds(20), _ variables: [String: String] = [:]) -> PythonLimits
  {
    let named = ProcessInfo.processInfo.environment["MODEL_PYTHON"] ?? ""
    return PythonLimits(
      interpreter: FileManager.default.isExecutableFile(atPath: named) ? named : "python3", processes: 1,
      memoryBytes: 512 << 20, batchLimit: batchLimit, aloneLimit: .seconds(1),
      environment: ["PYTHONPATH": Operator.folder].merging(variables) { $1 })
  }

  private static func python<Builtin>(_ callable: String) -> ExtensionReference<Builtin> {
    .python(module: "operator_figures", callable: callable)
  }

  private static func functions(
    metrics: [String] = [], ensembles: [Ensemble] = [], _ limits: PythonLimits = limits()
  ) async throws -> FigureFunctions {
    var contract = CrunchContract.default
    contract.metrics = ["ic"] + metrics
    for name in metrics { contract.metricFunctions[name] = python(name) }
    contract.ensembles = ensembles
    return try await FigureFunctions(of: contract, limits: limits, logger: logger)
  }

  private static func answer(_ input: Int, _ value: Double, score: Double?) -> PastAnswer {
    PastAnswer(
      key: MetricKey(inputID: "I\(input)", scopeKey: "S"), scope: ["subject": "BTC"], output: ["value": .double(value)],
      result: score.map { ["value": .double($0)] })
  }

  /// Of two models that were asked about three things, one missed the second, and an ensemble.
  private static let panel = AnswerPanel(
    start: Timestamp(seconds: 0), end: Timestamp(seconds: 3_600),
    answers: [
      "a": [answer(1, 1, score: 0.5), answer(2, 1, score: 0.1), answer(3, -1, score: 0.3)],
      "b": [answer(1, 2, score: -1), answer(3, 2, score: -3)],
      "__ensemble_main__": [answer(1, 1, score: 0.25)],
    ], ensembles: ["main"])

  @Test("a metric gets a model's outputs, its scores and what the others said, joined by key, as in the original")
  func metrics() async throws {
    let functions = try await Self.functions(metrics: ["edge", "share", "agreement", "ensembles"])
    let figures = await functions.figures { Self.panel }
    #expect(figures.failures == [:])
    let values = figures.values
    #expect(abs(try #require(values["a"]?["edge"]?.number) - 0.3) < 1e-12)
    #expect(values["a"]?["ensembles"]?.number == 4 && values["__ensemble_main__"]?["ensembles"]?.number == 2)
    #expect(values["a"]?["agreement"]?.number == 0.5 && values["b"]?["agreement"]?.number == 0.5)
    #expect(values["b"]?["edge"]?.number == -2 && values["b"]?["share"]?.number == 1)
    #expect(values["a"]?["ic"] == nil, "built-in ones are made elsewhere")
  }

  @Test(
    "a metric that fails for a model costs that model's figure alone, and says why",
    arguments: [
      ("raise", "ValueError: not this one"), ("crash", "ended"), ("hang", "within"), ("text", "no number"),
      ("nan", "a number that is none"), ("none", nil),
    ] as [(String, String?)])
  func oneModel(kind: String, reason: String?) async throws {
    let functions = try await Self.functions(
      metrics: ["misbehaves", "edge"], Self.limits(.seconds(4), ["METRIC_KIND": kind]))
    let figures = await functions.figures { Self.panel }
    let others = ["a", "__ensemble_main__"].compactMap { figures.values[$0]?["misbehaves"]?.number }
    #expect(others.count == 2, "\(figures)")
    #expect(figures.values["b"]?["misbehaves"] == nil)
    #expect(figures.values["b"]?["edge"]?.number == -2, "another metric does not feel it")
    let failure = figures.failures["b"]?["misbehaves"]?.string
    #expect(reason.map { failure?.contains($0) == true } ?? (failure == nil), "\(failure ?? "none")")
  }

  @Test("a metric that hangs is not called for a while: what waits for it gets on")
  func rests() async throws {
    let functions = try await Self.functions(
      metrics: ["misbehaves"], Self.limits(.seconds(4), ["METRIC_KIND": "hang"]))
    _ = await functions.figures { Self.panel }
    let began = ContinuousClock.now
    let again = await functions.figures { Self.panel }
    #expect(began.duration(to: .now) < .seconds(2))
    #expect(again.failures["a"]?["misbehaves"]?.string?.contains("not called for a while") == true)
  }

  @Test(
    "a metric that is not there, never works, answers nothing or always the same, or takes too long, ends the start",
    arguments: [
      ("missing", "has no attribute 'missing'"), ("raises", "ValueError: never works"), ("nothing", "no number"),
      ("stub", "looks like a stub"), ("slow", "took"), ("good_enough", "has no attribute 'get'"),
    ])
  func refused(callable: String, reason: String) async throws {
    let fault = await #expect(throws: CallableFault.self) {
      _ = try await Self.functions(metrics: [callable], Self.limits(.seconds(8)))
    }
    #expect(fault?.description.contains(reason) == true, "\(String(describing: fault))")
  }

  private static let material = EnsembleMaterial(
    models: ["a", "b", "c"], metrics: ["a": ["ic": 0.3], "b": ["ic": 0.1], "c": ["ic": -0.2]],
    values: ["a": [1, 2], "b": [1], "c": [1, 2, 3]],
    answers: [
      "a": [answer(1, 1, score: 0), answer(2, 2, score: 0)], "b": [answer(1, 1, score: 0)],
      "c": [answer(1, 1, score: 0), answer(2, 2, score: nil), answer(3, 3, score: 0)],
    ])

  private static func members(_ ensemble: Ensemble) async throws -> [Ensemble.Member] {
    try await functions(ensembles: [ensemble]).members(of: ensemble, material)
  }

  @Test("a strategy and a filter of the competition decide who takes part, and how much each counts")
  func ensembles() async throws {
    func member(_ id: String, _ weight: Double) -> Ensemble.Member { Ensemble.Member(modelID: id, weight: weight) }
    let byIC = Ensemble(name: "x", strategy: Self.python("by_ic"))
    #expect(try await Self.members(byIC) == [member("a", 0.3), member("b", 0.1), member("c", 0)])
    let both = Ensemble(
      name: "x", strategy: Self.python("by_count"), filter: .function(Self.python("good_enough")))
    #expect(try await Self.members(both) == [member("a", 2), member("b", 1)])
    let filtered = Ensemble(name: "x", strategy: .equalWeight, filter: .function(Self.python("good_enough")))
    #expect(try await Self.members(filtered) == [member("a", 0.5), member("b", 0.5)])
    let builtin = Ensemble(name: "x", strategy: .builtin(.rankWeight), filter: .answers(2))
    #expect(try await Self.members(builtin).map(\.modelID) == ["a", "c"])
  }

  @Test(
    "an ensemble whose function fails says so instead of weighing by guess, and one that never works ends the start")
  func brokenEnsembles() async throws {
    let picky = Ensemble(name: "x", filter: .function(Self.python("fails_on_b")))
    let functions = try await Self.functions(ensembles: [picky])
    await #expect(throws: ExtensionFailure("KeyError: 'ic'")) { try await functions.members(of: picky, Self.material) }
    for (broken, reason) in [
      (Ensemble(name: "x", strategy: Self.python("weighs_by_words")), "and no number"),
      (Ensemble(name: "x", strategy: Self.python("nowhere")), "nowhere"),
      (Ensemble(name: "x", filter: .function(Self.python("by_ic_only"))), "by_ic_only"),
    ] {
      let fault = await #expect(throws: CallableFault.self) { _ = try await Self.functions(ensembles: [broken]) }
      #expect(fault?.description.contains(reason) == true, "\(String(describing: fault))")
    }
  }

  @Test("a dynamic library computes a metric of all models in one call, and decides who is a member")
  func library() async throws {
    let path = try await LibraryScoringTests.build("figures.c")
    var contract = CrunchContract.default
    contract.metrics = ["answers"]
    contract.metricFunctions = ["answers": .library(path: path, symbol: "answers")]
    let ensemble = Ensemble(
      name: "main", strategy: .equalWeight, filter: .function(.library(path: path, symbol: "positive_ic")))
    contract.ensembles = [ensemble]
    let functions = try await FigureFunctions(of: contract, limits: Self.limits(), logger: Self.logger)
    let figures = await functions.figures { Self.panel }
    #expect(figures.values["a"]?["answers"]?.number == 3 && figures.values["b"]?["answers"]?.number == 2)
    #expect(figures.failures == [:])
    #expect(try await functions.members(of: ensemble, Self.material).map(\.modelID) == ["a", "b"])
  }
}
