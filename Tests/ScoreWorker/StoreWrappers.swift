import Competition
import Postgres
import Store
import Synchronization

/// A store that does something else than its base in one place.
protocol StoreWrapper: ScoringStore {
  var base: any ScoringStore { get }
}

/// Refuses to load the predictions of an input.
struct RefusingStore: StoreWrapper {
  let base: any ScoringStore
  let refused: String

  func pendingPredictions(of tasks: [TaskKey], limitPerTask: Int) async throws -> [Prediction] {
    if tasks.contains(where: { $0.inputID == refused }) {
      throw StoreError(kind: .decoding, message: "refused for a test")
    }
    return try await base.pendingPredictions(of: tasks, limitPerTask: limitPerTask)
  }
}

/// Remembers how many predictions were asked for at once.
final class CountingStore: StoreWrapper {
  let base: any ScoringStore
  private let counts = Mutex<[Int]>([])

  init(base: any ScoringStore) { self.base = base }

  var asked: [Int] { counts.withLock { $0 } }

  func pendingPredictions(of tasks: [TaskKey], limitPerTask: Int) async throws -> [Prediction] {
    counts.withLock { $0.append(tasks.count * limitPerTask) }
    return try await base.pendingPredictions(of: tasks, limitPerTask: limitPerTask)
  }
}

/// A PostgreSQL that is away when predictions are asked for.
struct AwayStore: StoreWrapper {
  let base: any ScoringStore

  func pendingPredictions(of tasks: [TaskKey], limitPerTask: Int) async throws -> [Prediction] {
    throw StoreError(kind: .connection, message: "away for a test")
  }
}

extension StoreWrapper {
  func now() async throws -> Timestamp { try await base.now() }
  func pendingPredictions(of tasks: [TaskKey], limitPerTask: Int) async throws -> [Prediction] {
    try await base.pendingPredictions(of: tasks, limitPerTask: limitPerTask)
  }
  func unscoredTasks(
    resolvableThrough through: Timestamp, after: Timestamp?, limit: Int
  ) async throws -> [PredictionStore.UnscoredTask] {
    try await base.unscoredTasks(resolvableThrough: through, after: after, limit: limit)
  }
  func inputs(ids: [String]) async throws -> [Input] { try await base.inputs(ids: ids) }
  func truths(of keys: [TaskKey]) async throws -> [GroundTruth] { try await base.truths(of: keys) }
  func saveTruths(_ truths: [GroundTruth]) async throws -> [GroundTruth] { try await base.saveTruths(truths) }
  func newestRecord(of feed: FeedKey) async throws -> FeedRecord? { try await base.newestRecord(of: feed) }
  func firstRecord(of feed: FeedKey, after time: Timestamp) async throws -> FeedRecord? {
    try await base.firstRecord(of: feed, after: time)
  }
  func records(of feed: FeedKey, from: Timestamp, through: Timestamp, limit: Int) async throws -> [FeedRecord] {
    try await base.records(of: feed, from: from, through: through, limit: limit)
  }
  func openGaps(of feed: FeedKey, from: Timestamp, through: Timestamp) async throws -> [ClosedRange<Timestamp>] {
    try await base.openGaps(of: feed, from: from, through: through)
  }
  func commitScores(
    _ outcomes: [ScoredPrediction], bucketSeconds: Int, run: ScoreRun
  ) async throws -> ScoreCommit {
    try await base.commitScores(outcomes, bucketSeconds: bucketSeconds, run: run)
  }
  func failPredictions(_ ids: [String], reason: String) async throws {
    try await base.failPredictions(ids, reason: reason)
  }
  func recordDeadLetters(_ letters: [NewDeadLetter]) async throws { try await base.recordDeadLetters(letters) }
  func buryTask(_ letter: NewDeadLetter, task: TaskKey) async throws { try await base.buryTask(letter, task: task) }
  func lowWater() async throws -> Timestamp? { try await base.lowWater() }
  func raiseLowWater(from known: Timestamp?, to mark: Timestamp) async throws {
    try await base.raiseLowWater(from: known, to: mark)
  }
  func bucketScores(periodStart: Timestamp) async throws -> [BucketScores] {
    try await base.bucketScores(periodStart: periodStart)
  }
  func replaceProvisional(
    _ snapshots: [Snapshot], periodStart: Timestamp, claim: LeaseClaim?
  ) async throws -> Bool {
    try await base.replaceProvisional(snapshots, periodStart: periodStart, claim: claim)
  }
  func rebucket(bucketSeconds: Int, claim: LeaseClaim?) async throws -> Bool {
    try await base.rebucket(bucketSeconds: bucketSeconds, claim: claim)
  }
  func unsealedBuckets() async throws -> [Timestamp] { try await base.unsealedBuckets() }
  func sealDue(
    bucketSeconds: Int, atMost: Int, claim: LeaseClaim?,
    content: @Sendable (_ scores: [BucketScores], _ bucket: Bucket) async throws -> BucketContent
  ) async throws -> [SealedBucket] {
    try await base.sealDue(bucketSeconds: bucketSeconds, atMost: atMost, claim: claim, content: content)
  }
  func answers(from start: Timestamp, before end: Timestamp) async throws -> [ScoredAnswer] {
    try await base.answers(from: start, before: end)
  }
  func contractPeriods() async throws -> [ContractPeriod] { try await base.contractPeriods() }
  func contract(_ id: Int64) async throws -> CrunchContract? { try await base.contract(id) }
  func storedPredictions(_ ids: [String]) async throws -> Set<String> { try await base.storedPredictions(ids) }
  func snapshots(since start: Timestamp) async throws -> [Snapshot] { try await base.snapshots(since: start) }
  func newestSnapshotsOfSilentModels(before end: Timestamp) async throws -> [Snapshot] {
    try await base.newestSnapshotsOfSilentModels(before: end)
  }
  func allModels() async throws -> [Model] { try await base.allModels() }
  func saveLeaderboard(_ leaderboard: Leaderboard, claim: LeaseClaim?) async throws -> Bool {
    try await base.saveLeaderboard(leaderboard, claim: claim)
  }
  func acquireLease(name: String, holder: String, seconds: Int) async throws -> Bool {
    try await base.acquireLease(name: name, holder: holder, seconds: seconds)
  }
  func releaseLease(name: String, holder: String) async throws {
    try await base.releaseLease(name: name, holder: holder)
  }
  func pausedStreams() async throws -> Set<String> { try await base.pausedStreams() }
}
