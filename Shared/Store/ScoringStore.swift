import Competition

/// All that scoring asks of the durable store. `Store` is PostgreSQL; a twin in memory stands for it in simulation.
public protocol ScoringStore: Sendable {
  /// The clock that decides.
  func now() async throws -> Timestamp
  /// The time up to which the feeds are: an earlier one where a recorded feed is played.
  func feedTime() async throws -> Timestamp

  // Tasks and truths
  func pendingPredictions(of tasks: [TaskKey], limitPerTask: Int) async throws -> [Prediction]
  func unscoredTasks(
    resolvableThrough through: Timestamp, after: Timestamp?, limit: Int
  ) async throws -> [PredictionStore.UnscoredTask]
  func inputs(ids: [String]) async throws -> [Input]
  func truths(of keys: [TaskKey]) async throws -> [GroundTruth]
  func saveTruths(_ truths: [GroundTruth]) async throws -> [GroundTruth]
  func newestRecord(of feed: FeedKey) async throws -> FeedRecord?
  func firstRecord(of feed: FeedKey, after time: Timestamp) async throws -> FeedRecord?
  func records(of feed: FeedKey, from: Timestamp, through: Timestamp, limit: Int) async throws -> [FeedRecord]
  /// Spans in which records of a feed may be missing that are still asked for.
  func openGaps(of feed: FeedKey, from: Timestamp, through: Timestamp) async throws -> [ClosedRange<Timestamp>]

  // Ends
  func commitScores(_ outcomes: [ScoredPrediction], bucketSeconds: Int, run: ScoreRun) async throws -> ScoreCommit
  func failPredictions(_ ids: [String], reason: String) async throws
  func recordDeadLetters(_ letters: [NewDeadLetter]) async throws
  func buryTask(_ letter: NewDeadLetter, task: TaskKey) async throws

  // Sweeps
  func lowWater() async throws -> Timestamp?
  func raiseLowWater(from known: Timestamp?, to mark: Timestamp) async throws

  // Buckets and what follows from them
  func bucketScores(periodStart: Timestamp) async throws -> [BucketScores]
  func replaceProvisional(_ snapshots: [Snapshot], periodStart: Timestamp, claim: LeaseClaim?) async throws -> Bool
  func rebucket(bucketSeconds: Int, claim: LeaseClaim?) async throws -> Bool
  func unsealedBuckets() async throws -> [Timestamp]
  func sealDue(
    bucketSeconds: Int, atMost: Int, claim: LeaseClaim?,
    content: @Sendable (_ scores: [BucketScores], _ bucket: Bucket) async throws -> BucketContent
  ) async throws -> [SealedBucket]
  func answers(from start: Timestamp, before end: Timestamp) async throws -> [ScoredAnswer]
  func storedPredictions(_ ids: [String]) async throws -> Set<String>
  func contractPeriods() async throws -> [ContractPeriod]
  func contract(_ id: Int64) async throws -> CrunchContract?
  func snapshots(since start: Timestamp) async throws -> [Snapshot]
  func newestSnapshotsOfSilentModels(before end: Timestamp) async throws -> [Snapshot]
  func allModels() async throws -> [Model]
  func saveLeaderboard(_ leaderboard: Leaderboard, claim: LeaseClaim?) async throws -> Bool

  // Who leads, what is paused
  func acquireLease(name: String, holder: String, seconds: Int) async throws -> Bool
  func releaseLease(name: String, holder: String) async throws
  func pausedStreams() async throws -> Set<String>
}

extension ScoringStore {
  public func feedTime() async throws -> Timestamp { try await now() }
  public func openGaps(of feed: FeedKey, from: Timestamp, through: Timestamp) async throws -> [ClosedRange<Timestamp>] {
    []
  }
}

extension Store: ScoringStore {
  public func pendingPredictions(of tasks: [TaskKey], limitPerTask: Int) async throws -> [Prediction] {
    try await predictions.pending(of: tasks, limitPerTask: limitPerTask)
  }
  public func unscoredTasks(
    resolvableThrough through: Timestamp, after: Timestamp?, limit: Int
  ) async throws -> [PredictionStore.UnscoredTask] {
    try await predictions.unscored(resolvableThrough: through, after: after, limit: limit)
  }
  public func inputs(ids: [String]) async throws -> [Input] { try await inputs.load(ids: ids) }
  public func truths(of keys: [TaskKey]) async throws -> [GroundTruth] { try await truths.load(keys) }
  public func saveTruths(_ fresh: [GroundTruth]) async throws -> [GroundTruth] { try await truths.save(fresh) }
  public func newestRecord(of feed: FeedKey) async throws -> FeedRecord? { try await feeds.newest(of: feed) }
  public func firstRecord(of feed: FeedKey, after time: Timestamp) async throws -> FeedRecord? {
    try await feeds.first(of: feed, after: time)
  }
  public func records(
    of feed: FeedKey, from: Timestamp, through: Timestamp, limit: Int
  ) async throws -> [FeedRecord] {
    try await feeds.records(of: feed, from: from, through: through, limit: limit)
  }
  public func openGaps(
    of feed: FeedKey, from: Timestamp, through: Timestamp
  ) async throws -> [ClosedRange<Timestamp>] {
    try await gaps.open(of: feed, from: from, through: through)
  }
  public func commitScores(
    _ outcomes: [ScoredPrediction], bucketSeconds: Int, run: ScoreRun
  ) async throws -> ScoreCommit {
    try await scores.commit(outcomes, bucketSeconds: bucketSeconds, run: run)
  }
  public func failPredictions(_ ids: [String], reason: String) async throws {
    _ = try await predictions.fail(ids, reason: reason)
  }
  public func recordDeadLetters(_ letters: [NewDeadLetter]) async throws { try await deadLetters.record(letters) }
  public func buryTask(_ letter: NewDeadLetter, task: TaskKey) async throws {
    try await deadLetters.bury(letter, task: task)
  }
  public func lowWater() async throws -> Timestamp? { try await sweep.lowWater() }
  public func raiseLowWater(from known: Timestamp?, to mark: Timestamp) async throws {
    try await sweep.raise(from: known, to: mark)
  }
  public func bucketScores(periodStart: Timestamp) async throws -> [BucketScores] {
    try await scores.ofBucket(periodStart: periodStart)
  }
  public func replaceProvisional(
    _ snapshots: [Snapshot], periodStart: Timestamp, claim: LeaseClaim?
  ) async throws -> Bool {
    try await seals.replaceProvisional(snapshots, periodStart: periodStart, claim: claim)
  }
  public func rebucket(bucketSeconds: Int, claim: LeaseClaim?) async throws -> Bool {
    try await seals.rebucket(bucketSeconds: bucketSeconds, claim: claim)
  }
  public func unsealedBuckets() async throws -> [Timestamp] { try await seals.unsealedBuckets() }
  public func sealDue(
    bucketSeconds: Int, atMost: Int, claim: LeaseClaim?,
    content: @Sendable (_ scores: [BucketScores], _ bucket: Bucket) async throws -> BucketContent
  ) async throws -> [SealedBucket] {
    try await seals.sealDue(bucketSeconds: bucketSeconds, atMost: atMost, claim: claim, content: content)
  }
  public func answers(from start: Timestamp, before end: Timestamp) async throws -> [ScoredAnswer] {
    try await scores.answers(from: start, before: end)
  }
  public func storedPredictions(_ ids: [String]) async throws -> Set<String> { try await predictions.stored(ids) }
  public func contractPeriods() async throws -> [ContractPeriod] { try await contracts.periods() }
  public func contract(_ id: Int64) async throws -> CrunchContract? { try await contracts.contract(id) }
  public func snapshots(since start: Timestamp) async throws -> [Snapshot] { try await snapshots.all(since: start) }
  public func newestSnapshotsOfSilentModels(before end: Timestamp) async throws -> [Snapshot] {
    try await snapshots.newestOfSilentModels(before: end)
  }
  public func allModels() async throws -> [Model] { try await models.all() }
  public func saveLeaderboard(_ leaderboard: Leaderboard, claim: LeaseClaim?) async throws -> Bool {
    try await leaderboards.save(leaderboard, claim: claim)
  }
  public func acquireLease(name: String, holder: String, seconds: Int) async throws -> Bool {
    try await leases.acquire(name: name, holder: holder, seconds: seconds)
  }
  public func releaseLease(name: String, holder: String) async throws {
    try await leases.release(name: name, holder: holder)
  }
  public func pausedStreams() async throws -> Set<String> { Set(try await pauses.all().map(\.stream)) }
}
