import Competition
import Logging
import Models
import ServiceKit
import Store

/// Ends the slots whose worker died before all their models were heard. Those that an earlier process opened are asked
/// again while answers still count; after that their missing answers are recorded as failed, with the reason.
struct LostSlots: Sendable {
  let store: Store
  let cluster: ModelCluster
  let caller: SlotCaller
  let committer: AnswerCommitter
  let records: PredictionRecord
  /// Slots are ended by the worker that leads; those opened before are others'.
  let duty: Duty
  let logger: Logger
  /// Whether slots have the times of a tape, which say nothing of who opened them.
  var isTape = false

  /// How long after the deadline a slot is left to the worker that opened it.
  static let patienceSeconds = 5

  /// What to do about an unanswered slot.
  enum Decision: Equatable { case wait, askAgain, giveUp }

  static func decide(_ slot: PredictionSlot, leadsSince: Timestamp, now: Timestamp, modelsAreThere: Bool) -> Decision {
    if now >= slot.deadlineAt.adding(seconds: patienceSeconds) { return .giveUp }
    guard slot.performedAt < leadsSince, now < slot.deadlineAt, modelsAreThere else { return .wait }
    return .askAgain
  }

  /// Looks once a second until the task is cancelled or the process drains.
  func run() async throws {
    var asked: Set<OpenSlot.ID> = []
    try await every(.seconds(1), logger: logger) {
      guard let leadsSince = duty.since else { return }
      let unanswered = try await store.slots.unanswered(limit: 1_000)
      let connected = Set(await cluster.models().map(\.id))
      let configs = unanswered.isEmpty ? [] : try await store.configs.active()
      for (slot, modelIDs) in unanswered where !asked.contains(OpenSlot.id(of: slot)) {
        let open = OpenSlot(slot, modelIDs: modelIDs, configs: configs)
        let isThere = connected.isSuperset(of: modelIDs)
        switch Self.decide(
          slot, leadsSince: leadsSince, now: Timestamp.now(), modelsAreThere: isThere && !isTape)
        {
        case .wait: break
        case .askAgain:
          asked.insert(open.id)
          caller.call(open)
        case .giveUp:
          asked.insert(open.id)
          logger.warning("slot given up: its worker ended", metadata: ["input": "\(slot.inputID)"])
          for model in modelIDs { await committer.put(.prediction(records.loss(of: model, slot: open), of: slot)) }
          await committer.put(.answered(slot))
        }
      }
      asked.formIntersection(unanswered.map { OpenSlot.id(of: $0.slot) })
    }
  }
}
