import Bus
import Competition
import Store

// Tasks: what is stored of them, where Redis has them, and what their truth waits for.

extension Inquiry {
  func task(_ payload: JSONObject, _ now: Timestamp) async throws -> (trace: TaskTrace, outlook: TaskOutlook?)? {
    guard let input = payload["input_id"]?.string, let scope = payload["scope_key"]?.string else { return nil }
    return try await task(TaskKey(inputID: input, scopeKey: scope), now)
  }

  /// A task, with its outlook when predictions of it wait for their score.
  func task(_ key: TaskKey, _ now: Timestamp) async throws -> (trace: TaskTrace, outlook: TaskOutlook?)? {
    guard let trace = try await store.explanations.task(key) else { return nil }
    guard trace.counts[.pending] != nil else { return (trace, nil) }
    let truth: TruthState
    if let stored = trace.truth {
      truth = .known(at: stored.resolvedAt)
    } else if let round = trace.round {
      truth = .unposted(round: round)
    } else if trace.resolvableAt <= trace.performedAt {
      truth = .ready
    } else {
      truth = try await self.truth(of: trace, now: now)
    }
    let pause = try await store.pauses.all().first { $0.stream == BusStream.predictionsPending.rawValue }
    let situation = TaskOutlook.Situation(
      resolvableAt: trace.resolvableAt, truth: truth, redis: await redis(trace), pause: pause,
      leaseSeconds: settings.score.leaseSeconds, maxDeliveries: settings.score.policy.maxDeliveries, now: now)
    return (trace, TaskOutlook(situation))
  }

  private func redis(_ trace: TaskTrace) async -> TaskOutlook.Redis? {
    await look()
    guard let view else { return nil }
    let task = ScoreTask(
      inputID: trace.key.inputID, scopeKey: trace.key.scopeKey, configID: trace.configID,
      subject: trace.scope["subject"]?.string ?? "", performedAt: trace.performedAt, resolvableAt: trace.resolvableAt)
    guard let places = await known({ try await bus.places(of: task) }) else { return nil }
    return TaskOutlook.Redis(places: places, workers: view.workers, unread: view.unread)
  }

  /// Looks at the streams and the workers, once.
  func look() async {
    guard !hasLooked else { return }
    hasLooked = true
    view = await known {
      let status = try await bus.status()
      // Without the group nobody has taken anything.
      let unread =
        status.group(of: .predictionsPending)?.lag ?? status.stream(.predictionsPending)?.length ?? 0
      return (unread, try await bus.workers())
    }
  }

  /// Decides like a score worker whether the truth could be known now, and stores nothing.
  private func truth(of trace: TaskTrace, now: Timestamp) async throws -> TruthState {
    let fallback = settings.score.feed.keys[0]
    let scope = trace.scope
    let feed = FeedKey(
      source: scope["source"]?.string ?? fallback.source, subject: scope["subject"]?.string ?? fallback.subject,
      kind: scope["kind"]?.string.map { FeedKind(rawValue: $0) } ?? fallback.kind,
      granularity: scope["granularity"]?.string ?? fallback.granularity)
    let resolver = GroundTruthResolver(
      contract: await contract(of: trace), graceSeconds: settings.score.graceSeconds,
      maxWaitSeconds: settings.score.maxWaitSeconds)
    let query = resolver.query(feed: feed, performedAt: trace.performedAt, resolvableAt: trace.resolvableAt)
    let newest = try await store.feeds.newest(of: feed)
    let records = try await store.feeds.records(of: feed, from: query.from, through: query.through, limit: 100_000)
    let passedAt = try await store.feeds.first(of: feed, after: query.through)?.ingestedTime
    let gaps = feed.kind == .candle ? [] : try await store.gaps.open(of: feed, from: query.from, through: query.through)
    let decision = resolver.resolve(
      query, records: records, newest: newest, passedAt: passedAt, gaps: gaps, inputID: trace.key.inputID,
      scopeKey: trace.key.scopeKey, now: now)
    return TruthState(
      decision,
      TruthState.Records(
        feed: feed, closed: Set(records.filter(\.isClosed).map(\.eventTime)), newest: newest?.eventTime,
        passedAt: passedAt, gaps: gaps),
      performedAt: trace.performedAt, resolvableAt: trace.resolvableAt, graceSeconds: settings.score.graceSeconds,
      maxWaitSeconds: settings.score.maxWaitSeconds)
  }

  /// The contract that a task was asked under. The present one takes its place where that is not kept or cannot be read, as in
  /// a score worker.
  private func contract(of trace: TaskTrace) async -> CrunchContract {
    guard let id = trace.contractID else { return settings.score.contract }
    let stored = await known { try await store.contracts.contract(id) } ?? nil
    return stored ?? settings.score.contract
  }
}
