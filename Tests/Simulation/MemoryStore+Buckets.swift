import Competition

@testable import Store

extension MemoryStore {
  func bucketScores(periodStart: Timestamp) -> [BucketScores] {
    state.withLock { $0.bucketScores { $0 == periodStart } }
  }

  func replaceProvisional(_ snapshots: [Snapshot], periodStart: Timestamp, claim: LeaseClaim?) -> Bool {
    let now = clock()
    return state.withLock { state in
      guard flaw == .leadsUnfenced || state.holds(claim, now) else { return false }
      let present = Set(snapshots.map(\.modelID))
      state.dropSnapshots {
        $0.isProvisional && $0.snapshot.periodStart == periodStart && !present.contains($0.snapshot.modelID)
      }
      state.write(snapshots, isProvisional: true)
      return true
    }
  }

  func rebucket(bucketSeconds: Int, claim: LeaseClaim?) -> Bool {
    let now = clock()
    return state.withLock { state in
      guard flaw == .leadsUnfenced || state.holds(claim, now) else { return false }
      for (id, stored) in state.scores {
        if let sealed = state.sealedUntil, stored.periodStart < sealed { continue }
        let bucket = stored.periodStart.floored(toSeconds: bucketSeconds)
        state.scores[id]?.periodStart = state.sealedUntil.map { max($0, bucket) } ?? bucket
      }
      let starts = Set(state.scores.values.map(\.periodStart))
      state.dropSnapshots { stored in
        let start = stored.snapshot.periodStart
        let end = start.floored(toSeconds: bucketSeconds).adding(seconds: bucketSeconds)
        return stored.isProvisional && (stored.snapshot.periodEnd != end || !starts.contains(start))
      }
      return true
    }
  }

  func unsealedBuckets() -> [Timestamp] { state.withLock { $0.unsealed } }

  func sealDue(
    bucketSeconds: Int, atMost: Int, claim: LeaseClaim?,
    content: @Sendable (_ scores: [BucketScores], _ bucket: Bucket) async throws -> BucketContent
  ) async throws -> [SealedBucket] {
    guard let limit = sealLimit(bucketSeconds: bucketSeconds) else { return [] }
    var sealed: [SealedBucket] = []
    while sealed.count < atMost {
      guard let due = nextDue(before: limit, bucketSeconds: bucketSeconds) else {
        passOver(until: limit, claim: claim)
        break
      }
      let made = try await content(due.scores, due.bucket)
      guard
        let snapshots = seal(due, made, limit: limit, bucketSeconds: bucketSeconds, claim: claim)
      else { break }
      sealed.append(SealedBucket(periodStart: due.bucket.start, snapshots: snapshots))
    }
    return sealed
  }

  /// A bucket that could be sealed, with what its content is made of.
  struct DueBucket: Sendable {
    var bucket: Bucket
    var scores: [BucketScores]
    /// Ids of all scores in it, failed ones too, with their times.
    var stamp: [String: Timestamp]
  }

  /// Up to where buckets could be sealed; nil when none is ready and the mark need not move.
  func sealLimit(bucketSeconds: Int) -> Timestamp? {
    let now = clock()
    return state.withLock { state in
      let unanswered = state.slots
        .filter { !$0.isAnswered && $0.slot.deadlineAt.adding(seconds: 30) > now }.map(\.slot.resolvableAt).min()
      let unfinished = flaw == .sealsEarly ? nil : state.firstPending
      let limit = min(now, unanswered ?? now, unfinished ?? now).floored(toSeconds: bucketSeconds)
      let next = state.unsealed.first
      let isBucketReady = next.map { Bucket(start: $0, seconds: bucketSeconds).end <= limit } ?? false
      let isQuiet = state.sealedUntil.map { limit > $0 && (next.map { $0 >= limit } ?? true) } ?? false
      return isBucketReady || isQuiet ? limit : nil
    }
  }

  func nextDue(before limit: Timestamp, bucketSeconds: Int) -> DueBucket? {
    state.withLock { $0.nextDue(before: limit, bucketSeconds: bucketSeconds) }
  }

  func passOver(until limit: Timestamp, claim: LeaseClaim?) {
    let now = clock()
    state.withLock { state in
      guard flaw == .leadsUnfenced || state.holds(claim, now), let until = state.sealedUntil, until < limit,
        state.unsealed.first.map({ $0 >= limit }) ?? true
      else { return }
      state.sealedUntil = limit
    }
  }

  /// nil when the bucket is not the next one any more, its scores have changed, or another leads.
  func seal(
    _ due: DueBucket, _ content: BucketContent, limit: Timestamp, bucketSeconds: Int, claim: LeaseClaim?
  ) -> [Snapshot]? {
    let now = clock()
    return state.withLock { state in
      guard flaw == .leadsUnfenced || state.holds(claim, now),
        let next = state.nextDue(before: limit, bucketSeconds: bucketSeconds), next.bucket == due.bucket,
        next.stamp == due.stamp
      else { return nil }
      let (start, end) = (due.bucket.start, due.bucket.end)
      for model in content.virtualModels { state.models[model.id] = model }
      for answer in content.virtual {
        state.predictions[answer.prediction.id] = answer.prediction
        state.scores[answer.prediction.id] = StoredScore(score: answer.score, periodStart: start)
      }
      let snapshots = content.snapshots.map { snapshot in
        var evident = snapshot
        evident.meta[Snapshot.evidenceKey] = .string(
          state.scoreDigest(of: snapshot.modelID) { $0 >= start && $0 < end })
        return evident
      }
      state.dropSnapshots {
        $0.isProvisional && $0.snapshot.periodStart >= start && $0.snapshot.periodStart < end
      }
      state.write(snapshots, isProvisional: false)
      state.sealedUntil = end
      state.firstPeriod = state.firstPeriod ?? start
      return snapshots
    }
  }

  func answers(from start: Timestamp, before end: Timestamp) -> [ScoredAnswer] {
    state.withLock { state in
      state.scores.values.filter { $0.periodStart >= start && $0.periodStart < end }.compactMap { stored in
        guard let prediction = state.predictions[stored.score.predictionID] else { return nil }
        return ScoredAnswer(
          prediction: prediction, result: stored.score.success ? stored.score.result : nil,
          truth: state.truths[TaskKey(inputID: prediction.inputID, scopeKey: prediction.scopeKey)]?.value,
          periodStart: stored.periodStart)
      }
      .sorted { ($0.prediction.modelID, $0.prediction.id) < ($1.prediction.modelID, $1.prediction.id) }
    }
  }

  /// All work here is under one contract.
  func contractPeriods() -> [ContractPeriod] { [] }
  func contract(_ id: Int64) -> CrunchContract? { nil }

  func storedPredictions(_ ids: [String]) -> Set<String> {
    state.withLock { state in Set(ids.filter { state.predictions[$0] != nil }) }
  }

  func snapshots(since start: Timestamp) -> [Snapshot] {
    state.withLock { state in
      state.snapshots.values.map(\.snapshot).filter { $0.periodEnd >= start }.sorted(by: Self.precedes)
    }
  }

  func newestSnapshotsOfSilentModels(before end: Timestamp) -> [Snapshot] {
    state.withLock { state in
      Dictionary(grouping: state.snapshots.values.map(\.snapshot), by: \.modelID)
        .filter { state.models[$0.key] != nil }
        .compactMap { $0.value.max { $0.periodStart < $1.periodStart } }
        .filter { $0.periodEnd < end }.sorted(by: Self.precedes)
    }
  }

  func allModels() -> [Model] { state.withLock { $0.models.values.sorted { $0.id < $1.id } } }

  func saveLeaderboard(_ leaderboard: Leaderboard, claim: LeaseClaim?) -> Bool {
    let now = clock()
    return state.withLock { state in
      guard flaw == .leadsUnfenced || state.holds(claim, now) else { return false }
      state.leaderboards[leaderboard.id] = leaderboard
      return true
    }
  }
}

extension MemoryStore.State {
  func holds(_ claim: LeaseClaim?, _ now: Timestamp) -> Bool {
    guard let claim else { return true }
    return leases[claim.name].map { $0.holder == claim.holder && $0.expires >= now } ?? false
  }

  /// Buckets that have scores and are not sealed, ascending.
  var unsealed: [Timestamp] {
    let sealed = sealedUntil
    return Set(scores.values.map(\.periodStart).filter { start in sealed.map { start >= $0 } ?? true }).sorted()
  }

  /// The first bucket before the limit that has scores and is not sealed.
  func nextDue(before limit: Timestamp, bucketSeconds: Int) -> MemoryStore.DueBucket? {
    guard let start = unsealed.first, start < limit else { return nil }
    let bucket = Bucket(start: start, seconds: bucketSeconds)
    let inside = scores.filter { bucket.contains($0.value.periodStart) }
    return MemoryStore.DueBucket(
      bucket: bucket, scores: bucketScores { bucket.contains($0) }, stamp: inside.mapValues(\.score.scoredAt))
  }

  func bucketScores(_ isInside: (Timestamp) -> Bool) -> [BucketScores] {
    let rows = scores.values.filter { isInside($0.periodStart) && $0.score.success }
      .compactMap { stored in predictions[stored.score.predictionID].map { ($0, stored.score) } }
      .sorted { ($0.0.modelID, $0.0.id) < ($1.0.modelID, $1.0.id) }
    var groups: [BucketScores] = []
    for (prediction, score) in rows {
      if groups.last?.modelID != prediction.modelID {
        groups.append(BucketScores(modelID: prediction.modelID, results: []))
      }
      groups[groups.count - 1].results.append(score.result)
    }
    return groups
  }

  /// Like PostgreSQL's, but for how JSON is spelled.
  func scoreDigest(of modelID: String, _ isInside: (Timestamp) -> Bool) -> String {
    var digest = ScoreDigest()
    let rows = scores.values.filter { isInside($0.periodStart) }
      .compactMap { stored in predictions[stored.score.predictionID].map { ($0, stored.score) } }
      .filter { $0.0.modelID == modelID }.sorted { $0.0.id < $1.0.id }
    for (prediction, score) in rows {
      let truth = truths[TaskKey(inputID: prediction.inputID, scopeKey: prediction.scopeKey)]
      digest.add(
        ScoreDigest.Line(
          predictionID: prediction.id, inputID: prediction.inputID, scopeKey: prediction.scopeKey,
          output: Array(JSON.object(prediction.output).text.utf8), score: Array(JSON.object(score.result).text.utf8),
          success: score.success, truth: Array((truth.map { JSON.object($0.value).text } ?? "").utf8),
          recordsDigest: truth?.recordsDigest ?? ""))
    }
    return digest.value
  }

  mutating func dropSnapshots(_ isDropped: (MemoryStore.StoredSnapshot) -> Bool) {
    for (id, stored) in snapshots where isDropped(stored) { snapshots[id] = nil }
  }

  mutating func write(_ fresh: [Snapshot], isProvisional: Bool) {
    for snapshot in fresh where sealedUntil.map({ snapshot.periodStart >= $0 }) ?? true {
      if let known = snapshots[snapshot.id], !known.isProvisional { continue }
      snapshots[snapshot.id] = MemoryStore.StoredSnapshot(snapshot: snapshot, isProvisional: isProvisional)
    }
  }
}
