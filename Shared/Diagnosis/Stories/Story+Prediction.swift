import Competition
import Store

extension Story {
  /// - Parameter outlook: of its task, for one that waits for its score.
  package init(_ trace: PredictionTrace, task: TaskTrace?, outlook: TaskOutlook?) {
    let prediction = trace.prediction
    var end = Self.end(of: trace, task)
    if prediction.status == .pending, let outlook { end = (outlook.why, outlook.next) }
    self.init(
      kind: "prediction", id: prediction.id, state: prediction.status.rawValue, why: end.why, next: end.next)
    fact(
      "model", prediction.modelID == trace.modelName ? trace.modelName : "\(prediction.modelID) (\(trace.modelName))")
    fact("input", prediction.inputID)
    fact("scope key", prediction.scopeKey)
    fact("config", prediction.configID)
    fact("answer", prediction.output.isEmpty ? nil : JSON.object(prediction.output).text)
    fact("score", trace.score?.result["value"]?.text)
    fact("bucket", trace.periodStart?.description)
    rows = ["predictions \(prediction.id)", "inputs \(prediction.inputID)"]
    if let task { tell(task) }
    if prediction.status != .absent, prediction.executionMilliseconds > 0 {
      event(
        prediction.performedAt.adding(seconds: prediction.executionMilliseconds / 1_000),
        "answered after \(Spoken.span(prediction.executionMilliseconds / 1_000))")
    }
    if task?.slots.isEmpty ?? true { event(prediction.performedAt, "dispatched") }
    if task?.isDueKnown ?? true { event(prediction.resolvableAt, "due") }
    if let score = trace.score {
      event(score.scoredAt, score.success ? "score computed" : "scoring failed: \(score.failedReason ?? "no reason")")
      rows.append("scores \(score.id)")
    }
    if let snapshot = trace.snapshot { tell(snapshot) }
  }

  private static func end(of trace: PredictionTrace, _ task: TaskTrace?) -> (why: String, next: String) {
    let letters = task?.letters ?? []
    switch trace.prediction.status {
    case .pending: return ("it waits for its score", "a score worker scores it")
    case .absent: return ("its model was not there to be asked", "nothing: that is its end")
    case .failed:
      let reason = trace.prediction.failedReason ?? "no reason is kept"
      let letter = letters.first {
        $0.resolution == nil && reason == DeadLetter.reason(cause: $0.cause, deliveries: $0.deliveries)
      }
      guard let letter else { return ("it ended without a score: \(reason)", "nothing: that is its end") }
      return (
        "it ended without a score: \(reason)",
        "nothing by itself; `coordinator dlq replay \(letter.id)` has it scored again"
      )
    case .scored:
      guard let score = trace.score else { return ("it was scored by another tool", "nothing") }
      guard score.success else {
        return (
          "its scoring failed: \(score.failedReason ?? "no reason is kept")",
          "nothing: the score says so, and enters no average"
        )
      }
      return ("it has its score", payout(trace.snapshot))
    }
  }

  /// How a score goes on to its reward.
  package static func payout(_ snapshot: SnapshotTrace?) -> String {
    guard let snapshot else { return "the leading score worker counts it in a snapshot within seconds" }
    let id = snapshot.snapshot.id
    if snapshot.isProvisional {
      return "it counts in \(id), which is sealed as soon as nothing can come into its period any more"
    }
    guard let checkpoint = snapshot.checkpointID else {
      return "its snapshot \(id) is sealed: the checkpoint of its period will count it"
    }
    return "checkpoint \(checkpoint) counts it and is \(snapshot.checkpointStatus ?? "unknown")"
  }

  /// The life of the task that a prediction belongs to.
  package mutating func tell(_ task: TaskTrace) {
    for slot in task.slots {
      let worker = slot.worker.isEmpty ? "" : " by \(slot.worker)"
      event(slot.performedAt, "slot \(slot.slot) opened\(worker), \(slot.models) models asked")
      event(slot.answeredAt, "every model of the slot heard or given up")
      rows.append("prediction_slots \(slot.configID) \(slot.subject) \(slot.slot)")
    }
    if let round = task.round { tell(round) }
    if let truth = task.truth {
      event(truth.resolvedAt, "truth stored: \(JSON.object(truth.value).text)")
      rows.append("ground_truths \(task.key.inputID) \(task.key.scopeKey)")
    }
    for run in task.runs { event(run.committedAt, run.sentence) }
    for letter in task.letters { tell(letter) }
  }

  package mutating func tell(_ letter: DeadLetter) {
    event(
      letter.createdAt,
      "entry \(letter.entryID) of \(letter.stream) became dead letter \(letter.id) on \(letter.worker) "
        + "after \(letter.deliveries) deliveries: \(letter.cause)")
    event(letter.resolvedAt, "dead letter \(letter.id) \(letter.resolution ?? "resolved")")
    rows.append("dead_letters \(letter.id)")
  }

  package mutating func tell(_ trace: SnapshotTrace) {
    event(trace.sealedAt, "snapshot \(trace.snapshot.id) sealed")
    rows.append("snapshots \(trace.snapshot.id)")
    if let checkpoint = trace.checkpointID { rows.append("checkpoints \(checkpoint)") }
  }
}

extension RunTrace {
  package var sentence: String {
    let entry = entryID.isEmpty ? "" : " by entry \(entryID), delivery \(deliveries)"
    return "\(predictions) predictions ended on \(worker)\(entry)"
  }
}
