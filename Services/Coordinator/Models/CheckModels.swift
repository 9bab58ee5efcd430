import ArgumentParser
import Callables
import Competition
import Foundation
import Models
import ServiceKit
import Store

struct CheckModels: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-models",
    abstract: "Asks every model as the predict worker would, and says which of them answer, how fast and how well.",
    discussion: """
      Shows each model the newest data of a subject, from the database when it is there and else made up, and calls the method
      of the contract once. Nothing is stored and nobody is reported. A model answers one call at a time: beside a
      node that works, an answer due in that moment may be refused. Ends with 1 when a model does not answer, or answers what
      the contract does not take.
      """)
  @Option(help: "Seconds to wait for the orchestrator, and for all models to be set up, 1 to 600.") var wait = 20.0
  @Option(help: "Seconds that an answer may take; without it as long as it would count.") var deadline: Double?
  @Option(help: "What is asked about; without it the subject of the first schedule, else of the contract's scope.")
  var subject: String?
  @Option(
    help: "Features, as a JSON object, where rounds are all there is; without it the first row of the newest round.")
  var features: String?
  @Flag(help: "Show made-up data, also where the database has some.") var sample = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...600).contains(wait) else { throw ValidationError("--wait is from 1 to 600 seconds") }
    guard features.map({ Self.object($0) != nil }) ?? true else {
      throw ValidationError(#"--features must be a JSON object, such as '{"a": 0.5}'"#)
    }
    guard (0.001...SettingSpan.longestSeconds).contains(deadline ?? 1) else {
      throw ValidationError("--deadline must be more than 0 seconds, and at most ten years")
    }
  }

  func run() async throws {
    let settings = NodeSettings()
    try Connection.check(settings.problems)
    var row = features.flatMap(Self.object)
    if row == nil, settings.predict.contract.hasOnlyRounds { row = await SampleQuestion.storedFeatures(settings) }
    let question = SampleQuestion(settings, subject: subject, features: row ?? [:])
    let limits = settings.predict.python
    let (inputs, validator) = try await Callable.usable {
      let callables = question.contract.callables
      return (
        try await InputBuilder(callables.inferenceInput, limits: limits, logger: Terminal.silence),
        try await OutputValidator(
          callables.inferenceOutput, fields: question.contract.output, limits: limits, logger: Terminal.silence)
      )
    }
    let input =
      question.contract.hasOnlyRounds
      ? nil
      : try await inputs.input(sample ? question.madeUpInput() : question.storedInput() ?? question.madeUpInput())
    let roll = RollCall(settings.predict, crunchID: settings.common.crunchID)
    let trial = ModelTrial(
      cluster: roll.cluster, question: question, input: input, validator: validator,
      deadline: deadline ?? question.deadlineSeconds)
    let (answer, rows) = await roll.attending {
      let answer = await roll.answer(within: .seconds(wait))
      return (answer, await trial.rows(of: answer.models ?? []))
    }
    guard answer.models != nil else {
      Terminal.complain(
        "the orchestrator at \(settings.predict.modelHost):\(settings.predict.modelPort) cannot be reached: "
          + "\(answer.trouble ?? "no answer"); see MODEL_RUNNER_NODE_HOST and MODEL_RUNNER_NODE_PORT")
      throw ExitCode(1)
    }
    output.json ? Terminal.json(trial.json(rows)) : Terminal.line(trial.text(rows))
    guard !rows.isEmpty, rows.allSatisfy(\.isWell) else { throw ExitCode(1) }
  }

  private static func object(_ text: String) -> JSONObject? {
    do { return try JSON(parsing: Array(text.utf8)).object } catch { return nil }
  }
}
