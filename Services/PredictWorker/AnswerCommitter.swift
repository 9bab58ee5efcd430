import Bus
import Competition
import Logging
import Metrics
import ServiceKit
import Store

/// Stores predictions as they come, in one go those that came without a lull, that are enough, or that came while the last
/// commit went on, and then makes them due: the task of an input and scope key waits in the delayed set until its truth can be known. A slow model
/// holds up nobody's commit.
actor AnswerCommitter {
  enum Item: Sendable {
    case prediction(Prediction, of: PredictionSlot)
    /// Every model of the slot has been heard or given up.
    case answered(PredictionSlot)
  }

  private let store: Store
  private let bus: any Bus
  private let logger: Logger
  private let box: Mailbox<Item>
  /// Slots whose task has been put into the delayed set.
  private var scheduled: Set<OpenSlot.ID> = []

  /// Answers are committed when none has come for this long, and at once when a slot's last one comes: a commit that has
  /// just begun would hold up the slot's end.
  static let lull: Duration = .milliseconds(10)
  /// As long as answers keep coming none waits longer than this.
  static let longestWait: Duration = .milliseconds(100)
  /// So many are worth a commit of their own while others are still asked: the slot's last one then waits for few.
  static let enough = 25
  /// So many are stored by two connections at once.
  private static let manyEnoughForTwo = 200

  init(store: Store, bus: any Bus, logger: Logger) {
    self.store = store
    self.bus = bus
    self.logger = logger
    box = Mailbox(gathering: Self.lull, atMost: Self.longestWait, enough: Self.enough) { item in
      if case .answered = item { true } else { false }
    }
  }

  nonisolated func put(_ item: Item) async { await box.put(item) }

  /// Nothing more will come.
  nonisolated func close() async { await box.close() }

  /// Works until the box is closed and empty.
  func run() async throws {
    while let items = await box.takeAll() {
      try await commit(items)
    }
  }

  private func commit(_ items: [Item]) async throws {
    var predictions: [Prediction] = []
    var due: [OpenSlot.ID: PredictionSlot] = [:]
    var answered: [PredictionSlot] = []
    for item in items {
      switch item {
      case .prediction(let prediction, let slot):
        predictions.append(prediction)
        let id = OpenSlot.id(of: slot)
        // A task that is due may have been handled already, without this one.
        let isKnown = scheduled.contains(id) && slot.resolvableAt > Timestamp.now()
        if prediction.status == .pending, !isKnown { due[id] = slot }
      case .answered(let slot): answered.append(slot)
      }
    }
    if !predictions.isEmpty { try await FailPoint.predictBeforeCommit.reach() }
    let areMany = predictions.count >= Self.manyEnoughForTwo
    let stored = try await areMany ? recordHalves(predictions) : record(predictions, closing: answered)
    StoredAnswers.count(predictions, stored: stored)
    for slot in answered {
      Metrics.Timer(label: "coordinator_slot_committed_seconds").recordSeconds(
        Timestamp.now().seconds(since: slot.performedAt))
    }
    if areMany, !answered.isEmpty { _ = try await record([], closing: answered) }
    await schedule(due)
    for slot in answered { scheduled.remove(OpenSlot.id(of: slot)) }
  }

  /// Stores predictions, then marks slots as answered, and says how many predictions were new.
  private func record(_ predictions: [Prediction], closing answered: [PredictionSlot]) async throws -> Int {
    try await RefusedAnswers.storing(predictions, logger: logger) { [store] batch, isLast in
      try await store.predictions.record(batch, closing: isLast ? answered : [])
    }
  }

  /// Stores predictions; no slot is answered before both halves are stored. Answers how many were new.
  private func recordHalves(_ predictions: [Prediction]) async throws -> Int {
    let middle = predictions.count / 2
    async let first = record(Array(predictions[..<middle]), closing: [])
    async let second = record(Array(predictions[middle...]), closing: [])
    return try await first + second
  }

  /// Without Redis the predictions are safe: the sweep of the score workers finds them in PostgreSQL.
  private func schedule(_ due: [OpenSlot.ID: PredictionSlot]) async {
    guard !due.isEmpty else { return }
    do {
      try await bus.schedule(due.values.map { DelayedTask(ScoreTask(slot: $0), at: $0.resolvableAt) })
      scheduled.formUnion(due.keys)
    } catch {
      logger.warning("tasks not scheduled, the sweep will find them", metadata: ["cause": "\(error)"])
    }
  }
}

extension ScoreTask {
  init(slot: PredictionSlot) {
    self.init(
      inputID: slot.inputID, scopeKey: slot.scopeKey, configID: slot.configID, subject: slot.subject,
      performedAt: slot.performedAt, resolvableAt: slot.resolvableAt)
  }
}
