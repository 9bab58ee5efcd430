import ArgumentParser
import Callables
import Competition
import Foundation
import ServiceKit
import Store

/// `coordinator callable`.
struct Callable: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the functions of all extension points, and tries one on what is stored.",
    subcommands: [List.self, Test.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "Lists the built-in functions of each extension point, and those in force.")
    @OptionGroup var output: OutputOptions

    func run() throws {
      let rows = ExtensionRow.all(of: try Callable.settings().contract)
      if output.json { return Terminal.json(.array(rows.map(\.json))) }
      Terminal.line(
        Terminal.table(
          ["point", "function", "in force", "what it is"],
          rows.map { [$0.point, $0.name, $0.isInForce ? "yes" : "", $0.summary] }))
    }
  }

  struct Test: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Loads a function as a worker would, and calls it on what is stored; writes nothing.",
      discussion: """
        Shows what the function makes of the newest stored things beside what is stored, how fast it is, and on what it
        fails: a scoring function of scored predictions, inference_input of windows of the feed, inference_output of
        outputs, resolve_ground_truth of the feed's records, aggregate_snapshot of sealed buckets, rank_leaderboard of the
        newest leaderboard, build_emission of the newest checkpoint, metric, ensemble_strategy and model_filter of the
        window that ends with the newest sealed bucket. Ends with 78 when the function cannot be used, and with 1 when it
        fails on all of them or nothing is stored that it could be tried on.
        """)
    @Argument(
      help: "builtin:name, package.module:callable or lib:path.so#symbol; without it what is in force.")
    var function: String?
    @Option(help: "Where it is called: \(TrialPoint.allValueStrings.joined(separator: ", ")).")
    var point = TrialPoint.scoring
    @Option(help: "How many of the newest stored things, 1 to 100,000.") var limit = 1_000
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard (1...100_000).contains(limit) else { throw ValidationError("--limit is from 1 to 100000") }
    }

    func run() async throws {
      switch point {
      case .scoring: try await runScoring()
      case .step(let step): try await run { try await $0.report(at: step) }
      case .figure(let figure): try await run { try await $0.report(at: figure) }
      }
    }

    private func runScoring() async throws {
      var source = try Callable.settings().scoring
      if let function { source.reference = try await Callable.usable { try CallableReference(function) } }
      let loaded = try await Callable.usable { [source] in try await source.load(logger: Terminal.silence) }
      let trial = CallableTrial(name: "\(source.reference)", function: loaded)
      let samples = try await Connection().store.scores.newestSamples(limit: limit)
      guard !samples.isEmpty else {
        Terminal.complain(
          "\(source.reference) can be used; it was tried on made-up predictions only, since none here has a score yet")
        throw ExitCode(1)
      }
      let report = await trial.report(on: samples)
      output.json ? Terminal.json(report.json) : Terminal.line(report.text)
      if report.scored == 0 { throw ExitCode(1) }
    }

    private func run(_ tried: (PointTrial) async throws -> PointTrial.Report) async throws {
      let trial = PointTrial(
        point: point, function: function, settings: try Callable.settings(), store: try Connection.forLongReads(),
        limit: limit)
      let report = try await Callable.usable { try await tried(trial) }
      guard !report.rows.isEmpty else {
        Terminal.complain(
          "\(report.name) can be used as \(point.name); it was tried on made-up arguments only, since nothing is stored "
            + "here yet that it could be called with")
        throw ExitCode(1)
      }
      output.json ? Terminal.json(report.json) : Terminal.line(report.text)
      if report.failed == report.rows.count { throw ExitCode(1) }
    }
  }

  /// What `make` makes, or the exit of a wrong setting with the reason why there is none.
  static func usable<Result>(_ make: () async throws -> Result) async throws -> Result {
    do { return try await make() } catch let fault as CallableFault {
      Terminal.complain("\(fault)")
      throw ExitCode(ServiceMain.exitConfiguration)
    }
  }

  static func settings() throws -> ScoreSettings {
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let settings = ScoreSettings(&reader)
    try Connection.check(reader.problems)
    return settings
  }
}
