import Callables
import Competition
import Logging
import Metrics
import Models
import ServiceKit
import Store

/// Asks all models about all rows of a round, each model in its own queue, and stores answers as they come. What was stored
/// before is not asked again, so that a round whose worker died goes on where it was.
struct RoundAsker: Sendable {
  let store: Store
  let cluster: ModelCluster
  let contract: CrunchContract
  let records: PredictionRecord
  let validator: OutputValidator
  let logger: Logger

  /// How long models of a round that another worker began may take to connect to this one.
  static let patience: Duration = .seconds(15)

  /// Ends when every model has been heard about every row, is late, or was given up.
  func ask(_ round: TournamentRound, features: [JSONObject]) async throws {
    guard let deadline = round.deadlineAt else { return }
    let answered = try await persistently("look for answers", logger: logger) { try await store.rounds.answered(round) }
    let open = features.enumerated().compactMap { index, features -> (row: RoundRow, models: [String])? in
      guard let row = RoundRow(round, row: index, features: features, contract: contract) else { return nil }
      let known = answered[row.open.slot.scopeKey] ?? []
      let models = round.modelIDs.filter { !known.contains($0) }
      return models.isEmpty ? nil : (row, models)
    }
    guard !open.isEmpty else { return }
    try await waitForModels(Set(open.flatMap(\.models)), until: deadline)
    let box = Mailbox<Prediction>(
      gathering: AnswerCommitter.lull, atMost: AnswerCommitter.longestWait, enough: 500, until: { _ in false })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while let answers = await box.takeAll() { try await record(answers, of: round.id) }
      }
      group.addTask {
        await withDiscardingTaskGroup { rows in
          for (row, models) in open { rows.addTask { await ask(row, models, box) } }
        }
        await box.close()
      }
      try await group.endTogether()
    }
  }

  /// Records that the answers that are missing will not come.
  func giveUp(_ round: TournamentRound, features: [JSONObject], because reason: String) async throws {
    let answered = try await persistently("look for answers", logger: logger) { try await store.rounds.answered(round) }
    for (index, features) in features.enumerated() {
      guard let row = RoundRow(round, row: index, features: features, contract: contract) else { return }
      let known = answered[row.open.slot.scopeKey] ?? []
      let lost = round.modelIDs.filter { !known.contains($0) }.map {
        records.prediction(of: $0, answer: .failed(reason), milliseconds: 0, slot: row.open).ofRound
      }
      try await record(lost, of: round.id)
    }
  }

  private func waitForModels(_ wanted: Set<String>, until deadline: Timestamp) async throws {
    let end = ContinuousClock.now + Self.patience
    while ContinuousClock.now < end, deadline.seconds(since: .now()) > 1 {
      if wanted.isSubset(of: await cluster.models().map(\.id)) { return }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private func ask(_ row: RoundRow, _ models: [String], _ box: Mailbox<Prediction>) async {
    let remaining = row.open.slot.deadlineAt.seconds(since: .now())
    let call = PredictCall(
      method: row.question.method, arguments: row.question.arguments, deadline: .seconds(max(0, remaining)),
      modelIDs: models)
    await withDiscardingTaskGroup { group in
      for await answer in await cluster.predict(call) {
        let prediction = records.prediction(
          of: answer.modelID, answer: answer.outcome, milliseconds: answer.milliseconds, slot: row.open)
        Metrics.Timer(label: "coordinator_model_call_seconds").recordMilliseconds(answer.milliseconds)
        guard !validator.isImmediate else {
          await box.put(await records.validated(prediction, by: validator).ofRound)
          continue
        }
        // A validator that hangs over one answer holds up no other.
        group.addTask { await box.put(await records.validated(prediction, by: validator).ofRound) }
      }
    }
  }

  private func record(_ predictions: [Prediction], of id: String) async throws {
    guard !predictions.isEmpty else { return }
    try await FailPoint.predictBeforeCommit.reach()
    let stored = try await RefusedAnswers.storing(predictions, logger: logger) { [store] batch, _ in
      try await store.rounds.record(batch, of: id)
    }
    StoredAnswers.count(predictions, stored: stored)
  }
}
