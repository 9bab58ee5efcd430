import Competition
import ServiceKit
import Store
import Testing

@testable import ReportWorker

/// What workers do for rounds of a tournament while a test asks for it.
enum RoundWork {
  static let path = "/tournament/rounds"
  static let features = #"{"features": [{"x": 0.1}, {"x": 0.7}]}"#
  static let truth = #"{"ground_truth": [{"value": 0.2}, {"value": 0.6}]}"#

  /// Does what workers do, for rounds whose models `a` and `b` answer 0.5.
  static func work(_ bench: ReportBench) async throws {
    let (commands, rounds) = (bench.store.commands, bench.store.rounds)
    for command in try await commands.open(.openRound, .askModels, .scoreRound, .closeRound, limit: 10) {
      let words = try await commands.payload(id: command.id)
      switch command.kind {
      case .openRound:
        let limits = RoundLimits(
          answerSeconds: words["answer_seconds"]?.number ?? 0, truthSeconds: words["truth_seconds"]?.number ?? 0)
        _ = try await rounds.open(id: command.target, by: command.actor, limits: limits)
        try await commands.finish(id: command.id, state: "done", result: [:])
      case .askModels: try await ask(command, words["features"]?.array ?? [], bench)
      case .scoreRound:
        try await rounds.postTruth(
          of: command.target, command: command.id, values: words["ground_truth"]?.array?.map { $0.object ?? [:] } ?? [])
        let tasks = try await rounds.makeDue(id: command.target) ?? []
        let pending = try await bench.store.predictions.pending(of: tasks.map(\.key), limitPerTask: 10)
        let outcomes = pending.map { prediction in
          ScoredPrediction.scored(
            Score(
              id: "SCR_" + prediction.id, predictionID: prediction.id, result: ["value": -0.25],
              success: prediction.modelID == "a", failedReason: prediction.modelID == "a" ? nil : "raised",
              scoredAt: .now()))
        }
        _ = try await bench.store.scores.commit(outcomes, bucketSeconds: 60)
        #expect(try await rounds.finishScoring(id: command.target))
        try await commands.finish(id: command.id, state: "done", result: [:])
      case .closeRound:
        _ = try await rounds.close(id: command.target, reason: "by \(command.actor)")
        try await commands.finish(id: command.id, state: "done", result: [:])
      default: break
      }
    }
  }

  private static func ask(_ command: CommandStore.Command, _ features: [JSON], _ bench: ReportBench) async throws {
    let rounds = bench.store.rounds
    let models = ["a", "b"].map {
      Model(id: $0, name: $0, playerID: "", playerName: "", deploymentIdentifier: "", createdAt: .now())
    }
    let now = Timestamp.now()
    let round = try await rounds.begin(
      id: command.target, by: command.actor, limits: RoundLimits(),
      .init(
        inferenceID: command.id,
        input: Input(id: "INP_" + command.target, rawData: ["features": .array(features)], receivedAt: now),
        featureCount: features.count, models: models, absences: [], contractID: nil, worker: "w"))
    for row in features.indices {
      for model in models {
        let scopeKey = TournamentRound.scopeKey(round.id, row: row)
        try await rounds.record(
          [
            Prediction(
              id: "\(round.id)-\(row)-\(model.id)", inputID: round.inputID ?? "", modelID: model.id, configID: nil,
              scopeKey: scopeKey, scope: [:], status: .pending, output: ["value": 0.5], performedAt: now,
              resolvableAt: now)
          ], of: round.id)
      }
    }
    let (_, predictions) = try await rounds.finishAsking(id: round.id)
    try await bench.store.commands.finish(
      id: command.id, state: "done", result: ["model_count": 2, "prediction_count": JSON(predictions)])
  }

  /// Sends a change and does the work that it asks for meanwhile.
  static func done(_ bench: ReportBench, _ path: String, _ body: String) async throws -> ReportBench.Reply {
    async let reply = bench.change(.post, path, body)
    let worker = Task {
      while !Task.isCancelled {
        try await work(bench)
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    let answered = try await reply
    worker.cancel()
    _ = await worker.result
    return answered
  }
}
