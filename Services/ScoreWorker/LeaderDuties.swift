import Bus
import Callables
import Competition
import Logging
import Metrics
import ServiceKit
import Store

/// What the leading score worker does, a turn at a time.
actor LeaderDuties {
  private let store: any ScoringStore
  private let bus: any Bus
  private let pauses: PauseWatch
  private let backlog: Backlog
  private let activity: Activity
  private let sweep: Sweep
  private let buckets: BucketKeeper
  private let bucketSeconds: Int
  private let instanceName: String
  private let claim: LeaseClaim?
  private let lease: Duration
  private let entriesKept: Int
  private let logger: Logger

  private var leaderboard: LeaderboardKeeper
  private let ranker: LeaderboardRanker
  private var consumer: (any BusConsumer<ScoresReady>)?
  private var unread: Set<Timestamp> = []
  /// No score comes into a bucket before this any more: what is sealed here is shown already.
  private var sealedUntil: Timestamp?
  private var isLoaded = false
  /// Whether the leaderboard knows something that is not written.
  private var isChanged = false
  private var sweepPace = Pace(seconds: 2)
  private var bucketPace = Pace(seconds: 5)
  private var refreshPace = Pace(seconds: 0.5)
  private var inheritPace = Pace(seconds: 1)
  private var sealPace = Pace(seconds: 1)
  private var writePace = Pace(seconds: 1)
  private var trimPace = Pace(seconds: 1)
  private var buryPace = Pace(seconds: 5)

  /// - Parameters:
  ///   - contracts: what buckets are aggregated by, and the leaderboard is ranked by.
  ///   - claim: what is sealed and published is so only while this lease is held.
  ///   - lease: how long news that was read belongs to this worker.
  ///   - streamLength: entries of a stream beyond which producers wait. Of those that everybody is done with some stay, so
  ///     that people can look back a little, but they may not take the room of work.
  ///   - backlog: while there is one, buckets wait a little.
  init(
    store: any ScoringStore, bus: any Bus, bucketSeconds: Int, instanceName: String,
    contracts: ContractsInForce, claim: LeaseClaim? = nil, lease: Duration = ConsumerSettings().lease,
    streamLength: Int = BusLimits().streamLength, pauses: PauseWatch, backlog: Backlog = Backlog(), activity: Activity,
    logger: Logger
  ) {
    entriesKept = min(1_000, streamLength / 4)
    self.store = store
    self.bus = bus
    self.bucketSeconds = bucketSeconds
    self.instanceName = instanceName
    self.claim = claim
    self.lease = lease
    self.pauses = pauses
    self.backlog = backlog
    self.logger = logger
    self.activity = activity
    sweep = Sweep(store: store, bus: bus, activity: activity, logger: logger)
    buckets = BucketKeeper(
      store: store, bucketSeconds: bucketSeconds, claim: claim, contracts: contracts, logger: logger)
    leaderboard = LeaderboardKeeper(contracts.current.contract.aggregation)
    ranker = contracts.current.functions.ranker
  }

  /// Forgets what an earlier leader may have changed since.
  func begin() { isLoaded = false }

  func end() async throws { try await consumer?.leave() }

  func turn() async throws {
    let now = Timestamp.now()
    if !isLoaded { try await load() }
    guard isLoaded else { return }
    let isLost = try await bus.checkForLoss()
    if isLost { logger.notice("Redis is new or lost its data: publishing what PostgreSQL says is undone") }
    // Early in the turn: what comes later is not reached while PostgreSQL fails now and then.
    if buryPace.isDue(at: now) { try await bury() }
    if sweepPace.isDue(at: now) || isLost {
      try await sweep.run()
      // Looking through a big backlog takes long, and then it is work that comes first anyway.
      sweepPace.stretch(to: 10 * Timestamp.now().seconds(since: now))
    }
    try await readNews(at: now)
    if bucketPace.isDue(at: now) {
      unread.formUnion(try await store.unsealedBuckets())
      bucketPace.stretch(to: backlog.isThere ? 30 : 0)
    }
    // First, since what is sealed need not be shown provisionally.
    let sealing = DutyShare.sealing(isBacklogged: backlog.isThere)
    if sealPace.isDue(at: now, rest: sealing.leastRest) { try await seal(sealing) }
    if !unread.isEmpty, refreshPace.isDue(at: now) { try await refresh() }
    // What is old leaves the windows also when nothing new comes.
    if isChanged || writePace.isDue(at: now) { try await write() }
    if trimPace.isDue(at: now) { try await trim() }
  }

  private func trim() async throws {
    for stream in BusStream.allCases {
      let removed = try await bus.trim(stream, keeping: entriesKept)
      Counter(label: "coordinator_entries_trimmed_total", dimensions: [("stream", stream.rawValue)])
        .increment(by: removed)
    }
  }

  private func bury() async throws {
    let buried = try await bus.removeDeadConsumers()
    if buried > 0 { logger.info("dead consumers removed", metadata: ["consumers": "\(buried)"]) }
  }

  private func load() async throws {
    try await buckets.begin()
    guard try await store.rebucket(bucketSeconds: bucketSeconds, claim: claim) else { return }
    sealedUntil = nil
    // Asked first: a bucket that is sealed before its snapshots are read is then looked at once more.
    unread = Set(try await store.unsealedBuckets())
    let horizon = leaderboard.horizon(try await store.feedTime())
    let snapshots =
      try await store.newestSnapshotsOfSilentModels(before: horizon) + store.snapshots(since: horizon)
    leaderboard.load(snapshots, models: try await store.allModels())
    isLoaded = true
    isChanged = true
    sealPace.begin(at: .now())
  }

  /// The news only says which buckets to look at again; what is in them PostgreSQL knows, so that an entry that is lost
  /// costs seconds and an entry that comes twice costs nothing.
  private func readNews(at now: Timestamp) async throws {
    guard !pauses.isPaused(.scoresReady) else { return }
    let consumer = try await joined()
    let news = try await consumer.read(count: 1_000, wait: .zero)
    activity.count(.delivered, news.deliveries.count, of: .scoresReady)
    try await take(news, consumer)
    guard inheritPace.isDue(at: now) else { return }
    // What an earlier leader left.
    let inherited = try await consumer.reclaim(count: 1_000)
    activity.count(.reclaimed, inherited.deliveries.count, of: .scoresReady)
    activity.count(.lost, inherited.lost, of: .scoresReady)
    try await take(inherited, consumer)
    _ = try await consumer.unpark(limit: 100)
  }

  private func take(_ batch: Batch<ScoresReady>, _ consumer: any BusConsumer<ScoresReady>) async throws {
    try await reject(batch.rejected, of: consumer, in: store, worker: instanceName, logger: logger)
    guard !batch.deliveries.isEmpty else { return }
    unread.formUnion(batch.deliveries.map(\.message.periodStart))
    try await consumer.acknowledge(batch.deliveries.map(\.id))
  }

  private func joined() async throws -> any BusConsumer<ScoresReady> {
    if let consumer { return consumer }
    let joined = try await bus.consumer(
      of: ScoresReady.self, name: instanceName, settings: ConsumerSettings(lease: lease))
    consumer = joined
    return joined
  }

  private func refresh() async throws {
    let started = Timestamp.now()
    let share = DutyShare.refreshing(isBacklogged: backlog.isThere)
    var elapsed = 0.0
    if let sealedUntil { unread = unread.filter { $0 >= sealedUntil } }
    // The newest first: people look at them. What does not fit into a second waits, for the lease wants its renewal.
    for bucket in unread.sorted(by: >) where elapsed < share.budget {
      guard let snapshots = try await buckets.refresh(bucket) else {
        isLoaded = false
        return
      }
      try await show(bucket, snapshots)
      unread.remove(bucket)
      elapsed = Timestamp.now().seconds(since: started)
    }
    refreshPace.stretch(to: share.rest(after: elapsed))
  }

  private func seal(_ share: DutyShare) async throws {
    let started = Timestamp.now()
    for bucket in try await buckets.sealDue(within: share.budget) {
      try await show(bucket.periodStart, bucket.snapshots)
      sealedUntil = bucket.periodStart.floored(toSeconds: bucketSeconds).adding(seconds: bucketSeconds)
    }
    sealPace.stretch(to: share.rest(after: Timestamp.now().seconds(since: started)))
  }

  private func show(_ bucket: Timestamp, _ snapshots: [Snapshot]) async throws {
    if !leaderboard.knows(snapshots.map(\.modelID)) { leaderboard.know(try await store.allModels()) }
    leaderboard.replace(bucket, with: snapshots)
    isChanged = true
  }

  private func write() async throws {
    isChanged = false
    let now = try await store.feedTime()
    guard var fresh = leaderboard.changed(now: now, bucketSeconds: bucketSeconds) else { return }
    let ranked = await ranker.ranked(fresh.entries)
    fresh.entries = ranked.entries
    if let failure = ranked.failure {
      fresh.meta["ranking_failure"] = .string(failure)
      logger.error("the leaderboard is ranked by its ranking key instead", metadata: ["cause": "\(failure)"])
    }
    // Another leads, or did for a moment: what is known here may be old.
    if try await !store.saveLeaderboard(fresh, claim: claim) { isLoaded = false }
  }
}
