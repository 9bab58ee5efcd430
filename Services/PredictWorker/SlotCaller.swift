import Callables
import Competition
import Logging
import Metrics
import Models
import ServiceKit

/// Asks the models of each open slot, all slots at once, and hands on what comes of it.
struct SlotCaller: Sendable {
  let cluster: ModelCluster
  let committer: AnswerCommitter
  let contract: CrunchContract
  let records: PredictionRecord
  let validator: OutputValidator
  private typealias Dispatch = (slot: OpenSlot, since: ContinuousClock.Instant)
  private let dispatches: AsyncStream<Dispatch>
  private let intake: AsyncStream<Dispatch>.Continuation

  init(
    cluster: ModelCluster, committer: AnswerCommitter, contract: CrunchContract, records: PredictionRecord,
    validator: OutputValidator = OutputValidator()
  ) {
    self.validator = validator
    self.cluster = cluster
    self.committer = committer
    self.contract = contract
    self.records = records
    (dispatches, intake) = AsyncStream.makeStream()
  }

  /// - Parameter since: when the models were first called for this slot, to be shown the data it is about.
  func call(_ slot: OpenSlot, since: ContinuousClock.Instant = .now) { intake.yield((slot, since)) }

  /// No more slots will come.
  func close() { intake.finish() }

  /// Ends once it is closed and every slot's models have answered or are late.
  func run() async {
    await withDiscardingTaskGroup { group in
      for await dispatch in dispatches {
        group.addTask { await ask(dispatch.slot, since: dispatch.since) }
      }
    }
  }

  /// Ends when every model has answered or is late.
  func ask(_ slot: OpenSlot, since: ContinuousClock.Instant) async {
    let question = ModelQuestion(contract.call, scope: slot.slot.scope)
    let remaining = slot.slot.deadlineAt.seconds(since: Timestamp.now())
    let call = PredictCall(
      method: question.method, arguments: question.arguments, deadline: .seconds(max(0, remaining)),
      modelIDs: slot.modelIDs)
    await withDiscardingTaskGroup { group in
      for await answer in await cluster.predict(call) {
        let prediction = records.prediction(
          of: answer.modelID, answer: answer.outcome, milliseconds: answer.milliseconds, slot: slot)
        Metrics.Timer(label: "coordinator_model_call_seconds").recordMilliseconds(answer.milliseconds)
        guard !validator.isImmediate else {
          await committer.put(.prediction(await records.validated(prediction, by: validator), of: slot.slot))
          continue
        }
        // A validator that hangs over one answer holds up no other.
        group.addTask {
          await committer.put(.prediction(await records.validated(prediction, by: validator), of: slot.slot))
        }
      }
    }
    // How long the models took together: a cluster's calls run at the same time.
    Metrics.Timer(label: "coordinator_slot_calls_seconds").record(duration: ContinuousClock.now - since)
    await committer.put(.answered(slot.slot))
  }
}
