import Callables
import Competition
import Store

// What follows from scores: summaries, ranking, shares.
extension PointTrial {
  /// The newest sealed snapshots, without their metrics, which look at more than the bucket.
  func summaries() async throws -> Report {
    let reference = try reference(contract.callables.aggregateSnapshot)
    let aggregator = try await SnapshotAggregator(reference, limits: limits, logger: Terminal.silence)
    let samples = try await store.audit.newestSealed(limit: min(limit, 1_000))
    let began = ContinuousClock.now
    let made = await aggregator.summaries(of: samples.map(\.results))
    let rows = zip(samples, made).map { sample, made in
      Row(
        subject: sample.snapshot.id, now: made.failure == nil ? .object(withoutMetrics(made.summary)) : nil,
        stored: .object(withoutMetrics(sample.snapshot.resultSummary)), failure: made.failure)
    }
    return report(reference, rows, since: began)
  }

  private func withoutMetrics(_ summary: JSONObject) -> JSONObject {
    JSONObject(summary.filter { !contract.metrics.contains($0.key) }.map { ($0.key, $0.value) })
  }

  /// The newest leaderboard: each model's rank.
  func ranking() async throws -> Report {
    var changed = contract
    changed.callables.rankLeaderboard = try reference(contract.callables.rankLeaderboard)
    let ranker = try await LeaderboardRanker(of: changed, limits: limits, logger: Terminal.silence)
    let stored = try await store.leaderboards.newest()?.entries ?? []
    let began = ContinuousClock.now
    let ranked = await ranker.ranked(byRankingKey(stored))
    let before = Dictionary(stored.map { ($0["model_id"], $0["rank"]) }, uniquingKeysWith: { first, _ in first })
    let rows = ranked.entries.filter { $0["rank"] != nil }.map { entry in
      Row(
        subject: entry["model_id"]?.string ?? "", now: ranked.failure == nil ? entry["rank"] : nil,
        stored: before[entry["model_id"]] ?? nil, failure: ranked.failure)
    }
    return report(changed.callables.rankLeaderboard, rows, since: began)
  }

  /// As a worker hands entries to the function.
  private func byRankingKey(_ entries: [JSONObject]) -> [JSONObject] {
    func value(_ entry: JSONObject) -> Double { entry["score"]?["ranking"]?["value"]?.number ?? 0 }
    let isDescending = contract.aggregation.direction == .descending
    return entries.enumerated().sorted { left, right in
      let (a, b) = (value(left.element), value(right.element))
      return a == b ? left.offset < right.offset : isDescending ? a > b : a < b
    }.map(\.element)
  }

  /// The newest checkpoint: each model's share.
  func emission() async throws -> Report {
    var changed = contract
    changed.callables.buildEmission = try reference(contract.callables.buildEmission)
    let builder = try await EmissionBuilder(of: changed, limits: limits, logger: Terminal.silence)
    let name = changed.callables.buildEmission
    guard let stored = try await store.checkpoints.newest() else { return report(name, [], since: .now) }
    let (snapshots, models) = try await store.evidence.view { view in
      (try await view.snapshots(ofCheckpoint: stored.id), try await view.models())
    }
    let began = ContinuousClock.now
    do {
      let made = try await CheckpointBuilder(
        contract.aggregation, emission: contract.emission, wallets: contract.wallets
      )
      .checkpoint(
        periodStart: stored.periodStart, periodEnd: stored.periodEnd, snapshots: snapshots, models: models,
        createdAt: stored.createdAt, emission: builder.emission)
      let (now, before) = (Self.shares(of: made), Self.shares(of: stored))
      return report(
        name,
        now.map { model, share in Row(subject: model, now: share, stored: before.first { $0.model == model }?.share) },
        since: began)
    } catch let failure as ExtensionFailure {
      return report(name, [Row(subject: stored.id, failure: failure.reason)], since: began)
    }
  }

  /// By the ranking that a checkpoint holds.
  private static func shares(of checkpoint: Checkpoint) -> [(model: String, share: JSON)] {
    let ranking = checkpoint.meta["ranking"]?.array ?? []
    return (checkpoint.entries.first?["cruncher_rewards"]?.array ?? []).compactMap { reward in
      guard let index = reward["cruncher_index"]?.int, ranking.indices.contains(Int(index)) else { return nil }
      return (ranking[Int(index)]["model_id"]?.string ?? "", reward["reward_pct"] ?? .null)
    }
  }
}
