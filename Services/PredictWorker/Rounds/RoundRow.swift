import Competition
import Models
import Store

/// A row of a round's features, and what models are asked about it. Its predictions are recorded as a slot's are, though
/// there is no slot: nobody knows when they are due.
struct RoundRow: Sendable {
  let open: OpenSlot
  let question: ModelQuestion

  /// nil before the round's features are asked about.
  init?(_ round: TournamentRound, row: Int, features: JSONObject, contract: CrunchContract) {
    guard let input = round.inputID, let askedAt = round.askedAt, let deadline = round.deadlineAt else { return nil }
    self.init(
      round: round.id, row: row, features: features, inputID: input, askedAt: askedAt, deadlineAt: deadline,
      modelIDs: round.modelIDs, contract: contract, contractID: round.contractID)
  }

  init(
    round: String, row: Int, features: JSONObject, inputID: String, askedAt: Timestamp, deadlineAt: Timestamp,
    modelIDs: [String], contract: CrunchContract, contractID: Int64?
  ) {
    // As in the original, rows differ by a microsecond.
    let time = Timestamp(microseconds: askedAt.microseconds + Int64(row))
    let scope = TournamentRound.scope(round, row: row, features: features)
    open = OpenSlot(
      PredictionSlot(
        configID: "", subject: "", slot: Int64(row), inputID: inputID,
        scopeKey: TournamentRound.scopeKey(round, row: row), scope: scope, performedAt: time, resolvableAt: time,
        deadlineAt: deadlineAt, contractID: contractID),
      modelIDs: modelIDs, configs: [])
    question = ModelQuestion(contract.call.ofRound, scope: scope)
  }
}

extension Prediction {
  /// As a prediction of a round: no config asked for it.
  var ofRound: Prediction {
    var prediction = self
    prediction.configID = nil
    return prediction
  }
}
