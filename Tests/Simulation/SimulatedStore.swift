import Competition

@testable import ScoreWorker
@testable import Store

/// A process's connection to PostgreSQL: each call may be late, lost before its effect or after it, or the last.
struct SimulatedStore: ScoringStore {
  let store: MemoryStore
  let process: SimulatedProcess

  private func call<Result>(_ name: String, _ detail: @autoclosure () -> String = "", _ work: () -> Result) async throws
    -> Result
  {
    try check(await process.pass(.before, name, .postgres))
    let result = work()
    process.conditions.note("\(process.name) \(name) \(detail())")
    try check(await process.pass(.after, name, .postgres))
    return result
  }

  /// I9: what only the leader does, nobody has done who leads no more.
  private func mustLead(_ deed: String) {
    let leader = store.holder(of: Leader.leaseName)
    if leader != process.name {
      process.conditions.violate("I9", "\(process.name) \(deed) while \(leader ?? "nobody") leads")
    }
  }

  func check(_ passage: SimulatedProcess.Passage) throws {
    switch passage {
    case .clear: break
    case .outage: throw StoreError(kind: .connection, message: "the connection is lost")
    case .dead: throw ProcessIsDead()
    }
  }

  func now() async throws -> Timestamp { try await call("now") { store.now() } }

  func pendingPredictions(of tasks: [TaskKey], limitPerTask: Int) async throws -> [Prediction] {
    try await call("pendingPredictions", Self.text(tasks.map(\.inputID))) {
      store.pendingPredictions(of: tasks, limitPerTask: limitPerTask)
    }
  }

  func unscoredTasks(
    resolvableThrough through: Timestamp, after: Timestamp?, limit: Int
  ) async throws -> [PredictionStore.UnscoredTask] {
    try await call("unscoredTasks") { store.unscoredTasks(resolvableThrough: through, after: after, limit: limit) }
  }

  func inputs(ids: [String]) async throws -> [Input] {
    try await call("inputs", Self.text(ids)) { store.inputs(ids: ids) }
  }
  func truths(of keys: [TaskKey]) async throws -> [GroundTruth] { try await call("truths") { store.truths(of: keys) } }

  func saveTruths(_ truths: [GroundTruth]) async throws -> [GroundTruth] {
    try await call("saveTruths", Self.text(truths.map(\.inputID))) { store.saveTruths(truths) }
  }

  func newestRecord(of feed: FeedKey) async throws -> FeedRecord? {
    try await call("newestRecord") { store.newestRecord(of: feed) }
  }
  func firstRecord(of feed: FeedKey, after time: Timestamp) async throws -> FeedRecord? {
    try await call("firstRecord") { store.firstRecord(of: feed, after: time) }
  }
  func records(of feed: FeedKey, from: Timestamp, through: Timestamp, limit: Int) async throws -> [FeedRecord] {
    try await call("records") { store.records(of: feed, from: from, through: through, limit: limit) }
  }

  func commitScores(_ outcomes: [ScoredPrediction], bucketSeconds: Int, run: ScoreRun) async throws -> ScoreCommit {
    try await call("commitScores", Self.text(outcomes.map(\.predictionID))) {
      store.commitScores(outcomes, bucketSeconds: bucketSeconds, run: run)
    }
  }
  func failPredictions(_ ids: [String], reason: String) async throws {
    try await call("failPredictions", Self.text(ids)) { store.failPredictions(ids, reason: reason) }
  }
  func recordDeadLetters(_ letters: [NewDeadLetter]) async throws {
    try await call("recordDeadLetters") { store.recordDeadLetters(letters) }
  }
  func buryTask(_ letter: NewDeadLetter, task: TaskKey) async throws {
    try await call("buryTask", "\(task.inputID), \(letter.cause)") { store.buryTask(letter, task: task) }
  }

  func lowWater() async throws -> Timestamp? { try await call("lowWater") { store.lowWater() } }
  func raiseLowWater(from known: Timestamp?, to mark: Timestamp) async throws {
    try await call("raiseLowWater") { store.raiseLowWater(from: known, to: mark) }
  }

  func bucketScores(periodStart: Timestamp) async throws -> [BucketScores] {
    try await call("bucketScores") { store.bucketScores(periodStart: periodStart) }
  }
  func replaceProvisional(
    _ snapshots: [Snapshot], periodStart: Timestamp, claim: LeaseClaim?
  ) async throws -> Bool {
    try await call("replaceProvisional", Self.text(snapshots.map(\.id))) {
      let isWritten = store.replaceProvisional(snapshots, periodStart: periodStart, claim: claim)
      if isWritten { mustLead("writes provisional snapshots") }
      return isWritten
    }
  }
  func rebucket(bucketSeconds: Int, claim: LeaseClaim?) async throws -> Bool {
    try await call("rebucket") {
      let isDone = store.rebucket(bucketSeconds: bucketSeconds, claim: claim)
      if isDone { mustLead("puts scores into other buckets") }
      return isDone
    }
  }
  func unsealedBuckets() async throws -> [Timestamp] { try await call("unsealedBuckets") { store.unsealedBuckets() } }
  func sealDue(
    bucketSeconds: Int, atMost: Int, claim: LeaseClaim?,
    content: @Sendable (_ scores: [BucketScores], _ bucket: Bucket) async throws -> BucketContent
  ) async throws -> [SealedBucket] {
    let outlook = try await call("sealLimit") { store.sealLimit(bucketSeconds: bucketSeconds) }
    guard let limit = outlook else { return [] }
    var sealed: [SealedBucket] = []
    while sealed.count < atMost {
      let next = try await call("nextDue") { store.nextDue(before: limit, bucketSeconds: bucketSeconds) }
      guard let due = next else {
        try await call("passOver") { store.passOver(until: limit, claim: claim) }
        break
      }
      let made = try await content(due.scores, due.bucket)
      let isSealed = try await call("sealDue") {
        let snapshots = store.seal(due, made, limit: limit, bucketSeconds: bucketSeconds, claim: claim)
        if snapshots != nil { mustLead("seals") }
        return snapshots
      }
      guard let snapshots = isSealed else { break }
      sealed.append(SealedBucket(periodStart: due.bucket.start, snapshots: snapshots))
    }
    return sealed
  }
  func answers(from start: Timestamp, before end: Timestamp) async throws -> [ScoredAnswer] {
    try await call("answers") { store.answers(from: start, before: end) }
  }
  func contractPeriods() async throws -> [ContractPeriod] {
    try await call("contractPeriods") { store.contractPeriods() }
  }
  func contract(_ id: Int64) async throws -> CrunchContract? { try await call("contract") { store.contract(id) } }
  func storedPredictions(_ ids: [String]) async throws -> Set<String> {
    try await call("storedPredictions") { store.storedPredictions(ids) }
  }
  func snapshots(since start: Timestamp) async throws -> [Snapshot] {
    try await call("snapshots") { store.snapshots(since: start) }
  }
  func newestSnapshotsOfSilentModels(before end: Timestamp) async throws -> [Snapshot] {
    try await call("newestSnapshotsOfSilentModels") { store.newestSnapshotsOfSilentModels(before: end) }
  }
  func allModels() async throws -> [Model] { try await call("allModels") { store.allModels() } }
  func saveLeaderboard(_ leaderboard: Leaderboard, claim: LeaseClaim?) async throws -> Bool {
    try await call("saveLeaderboard", leaderboard.id) {
      let isSaved = store.saveLeaderboard(leaderboard, claim: claim)
      if isSaved { mustLead("writes a leaderboard") }
      return isSaved
    }
  }

  func acquireLease(name: String, holder: String, seconds: Int) async throws -> Bool {
    try await call("acquireLease") { store.acquireLease(name: name, holder: holder, seconds: seconds) }
  }
  func releaseLease(name: String, holder: String) async throws {
    try await call("releaseLease") { store.releaseLease(name: name, holder: holder) }
  }
  func pausedStreams() async throws -> Set<String> { try await call("pausedStreams") { store.pausedStreams() } }

  private static func text(_ ids: [String]) -> String { ids.sorted().joined(separator: " ") }
}
