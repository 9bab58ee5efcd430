import Callables
import Competition
import Models

/// Turns what came of a call into the prediction that is stored (decisions 3, 5 and 9).
struct PredictionRecord: Sendable {
  var contract: CrunchContract
  /// Whether the slot's config fires for several subjects, so that ids must tell them apart.
  var hasManySubjects: Bool

  /// The prediction of a model that was asked.
  func prediction(of model: String, answer: ModelAnswer.Outcome, milliseconds: Double, slot: OpenSlot) -> Prediction {
    var prediction = empty(
      slot.slot, model: model,
      id: RecordIDs.prediction(
        model: model, scopeKey: slot.slot.scopeKey, at: slot.time, subject: subject(slot.slot)))
    prediction.executionMilliseconds = milliseconds
    switch answer {
    case .value(let value):
      switch OutputCheck.check(
        value, against: contract.output, maxBytes: contract.maxOutputBytes, unknown: contract.unknownFields)
      {
      case .valid(let output):
        prediction.status = .pending
        prediction.output = output
      case .invalid(let reason, let stored):
        prediction.failedReason = reason
        prediction.output = stored
      }
    case .failed(let reason): prediction.failedReason = Self.storable(reason)
    case .late: prediction.failedReason = "late: no answer by \(slot.slot.deadlineAt), when answers stop counting"
    }
    return prediction
  }

  /// An answer that has the contract's fields, as the competition's own validator sees it.
  func validated(_ prediction: Prediction, by validator: OutputValidator) async -> Prediction {
    guard prediction.status == .pending else { return prediction }
    var seen = prediction
    do {
      let output = try await validator.output(prediction.output)
      let size = JSON.object(output).text.utf8.count
      guard size <= contract.maxOutputBytes else {
        throw OutputRefusal(reason: "the validated answer has \(size) bytes, allowed are \(contract.maxOutputBytes)")
      }
      seen.output = output
    } catch {
      let reason = Self.storable((error as? OutputRefusal)?.reason ?? "\(error)")
      seen.status = .failed
      seen.failedReason = reason
      seen.output = ["_validation_error": .string(reason), "raw_output": .object(prediction.output)]
    }
    return seen
  }

  /// Longest reason that is kept, in characters.
  static let longestReason = 1_000

  /// A model's own words, as far as PostgreSQL takes them: NUL has no place in a text, and none needs megabytes.
  private static func storable(_ reason: String) -> String {
    String(reason.prefix(longestReason)).replacing("\0", with: "\u{FFFD}")
  }

  /// The record of a model that is known but was not there to be asked.
  func absence(of model: String, slot: OpenSlot) -> Prediction {
    var prediction = empty(
      slot.slot, model: model,
      id: RecordIDs.absent(
        model: model, scopeKey: slot.slot.scopeKey, at: slot.time, subject: subject(slot.slot)))
    prediction.status = .absent
    return prediction
  }

  /// The record of a model whose answer died with the worker that asked.
  func loss(of model: String, slot: OpenSlot) -> Prediction {
    prediction(
      of: model, answer: .failed("the worker that asked ended before the answer was stored"), milliseconds: 0,
      slot: slot)
  }

  private func subject(_ slot: PredictionSlot) -> String? { hasManySubjects ? slot.subject : nil }

  private func empty(_ slot: PredictionSlot, model: String, id: String) -> Prediction {
    Prediction(
      id: id, inputID: slot.inputID, modelID: model, configID: slot.configID, scopeKey: slot.scopeKey,
      scope: slot.scope, status: .failed, performedAt: slot.performedAt, resolvableAt: slot.resolvableAt,
      contractID: slot.contractID)
  }
}
