import Competition
import TestKit

@testable import Store

/// A query as a worker runs it.
struct HotQuery: Sendable {
  var name: String
  /// How many it must find or change at least.
  var least = 0
  var run: @Sendable (Store, Int) async throws -> Int
}

extension HotQuery {
  static let key = FeedKey(source: "bench", subject: "S1", kind: .candle, granularity: "1m")
  static let start = Timestamp(seconds: 1_700_000_000)
  static let past = ReportRange(start: start.adding(seconds: -59_000), end: start)

  /// All of them, over `PlanHistory`.
  static let all = [
    HotQuery(name: "newest feed records", least: 120) { store, _ in
      try await store.feeds.newest(of: key, limit: 120).count
    },
    HotQuery(name: "feed records of a span", least: 101) { store, _ in
      try await store.feeds.records(
        of: key, from: start.adding(seconds: 6_000), through: start.adding(seconds: 12_000), limit: 1_000
      ).count
    },
    HotQuery(name: "oldest candle that is not closed") { store, _ in
      try await store.feeds.oldestUnclosed(of: key, since: start.adding(seconds: 290_000)) == nil ? 1 : 0
    },
    HotQuery(name: "store feed records") { store, turn in
      let record = FeedRecord(
        key: key, eventTime: start.adding(seconds: 60 * turn), ingestedTime: start, values: ["close": 1])
      try await store.feeds.ingest([record], phase: "listen")
      return 1
    },
    HotQuery(name: "delete old feed records") { store, _ in
      try await store.feeds.deleteOlder(than: start.adding(seconds: 60), limit: 100)
    },
    HotQuery(name: "unanswered slots") { store, _ in try await store.slots.unanswered(limit: 100).count },
    HotQuery(name: "open a slot", least: 1) { store, turn in
      let time = start.adding(seconds: turn)
      let won = try await store.slots.open(
        Input(id: "NEW\(turn)", rawData: [:], receivedAt: time),
        slots: [World.slot(input: "NEW\(turn)", config: "new", number: Int64(turn), at: time)],
        models: [World.model("M1")])
      try await store.predictions.record([], closing: won)
      return won.count
    },
    HotQuery(name: "predictions of tasks", least: 500) { store, turn in
      let tasks = (1...10).map { TaskKey(inputID: "I\(1_900 + turn * 10 - $0)", scopeKey: "S") }
      return try await store.predictions.pending(of: tasks, limitPerTask: 1_000).count
    },
    HotQuery(name: "truths of tasks", least: 10) { store, _ in
      try await store.truths.load((1...10).map { TaskKey(inputID: "I\($0)", scopeKey: "S") }).count
    },
    HotQuery(name: "store truths", least: 1) { store, turn in
      try await store.truths.save([
        GroundTruth(inputID: "I\(1_900 + turn)", scopeKey: "S", value: [:], recordsDigest: "", resolvedAt: start)
      ]).count
    },
    HotQuery(name: "inputs", least: 10) { store, _ in
      try await store.inputs.load(ids: (1...10).map { "I\($0)" }).count
    },
    HotQuery(name: "undone tasks", least: 100) { store, _ in
      try await store.predictions.unscored(
        resolvableThrough: start.adding(seconds: 1_000_000), after: start.adding(seconds: 100_000), limit: 100
      ).count
    },
    HotQuery(name: "raise the sweep's mark") { store, _ in
      try await store.sweep.raise(from: store.sweep.lowWater(), to: start.adding(seconds: 110_000))
      return 1
    },
    HotQuery(name: "commit scores", least: 1_000) { store, turn in
      let batch = (0..<1_000).map { World.scored("P\(1_900 - turn * 20 + $0 / 50)_\($0 % 50 + 1)") }
      return try await store.scores.commit(batch, bucketSeconds: 60).scoredCount
    },
    HotQuery(name: "end predictions without a score", least: 50) { store, turn in
      try await store.predictions.fail((1...50).map { "P\(1_700 + turn)_\($0)" }, reason: "no truth")
    },
    HotQuery(name: "scores of a bucket", least: 50) { store, _ in
      try await store.scores.ofBucket(periodStart: start.floored(toSeconds: 60).adding(seconds: 6_000)).count
    },
    HotQuery(name: "unsealed buckets", least: 40) { store, _ in try await store.seals.unsealedBuckets().count },
    HotQuery(name: "seal a bucket", least: 50) { store, _ in
      try await store.seals.sealDue(bucketSeconds: 60, atMost: 1, build: World.snapshots).first?.snapshots.count ?? 0
    },
    HotQuery(name: "replace provisional snapshots") { store, _ in
      try await store.seals.replaceProvisional([], periodStart: start.floored(toSeconds: 60).adding(seconds: 90_000))
      return 0
    },
    HotQuery(name: "snapshots of the leaderboard's windows") { store, _ in
      try await store.snapshots.all(since: start.adding(seconds: -600)).count
    },
    HotQuery(name: "newest cycles", least: 50) { store, _ in
      try await store.evidence.cycles(since: nil, until: start, limit: 50).count
    },
    HotQuery(name: "proof of a snapshot", least: 1) { store, turn in
      try await store.evidence.proof(of: "SNAP_1_\(turn)") == nil ? 0 : 1
    },
    HotQuery(name: "newest snapshots of all models", least: 50) { store, _ in
      try await store.report.newestSnapshots(of: .all, limit: 1_000).count
    },
    HotQuery(name: "newest predictions for a page", least: 100) { store, turn in
      try await store.report.newestPredictions(
        PredictionFilter(), before: turn > 3 ? ReportCursor(time: start.adding(seconds: 60_000), id: "P") : nil,
        limit: 100
      ).count
    },
    HotQuery(name: "newest predictions of a model", least: 100) { store, _ in
      try await store.report.newestPredictions(PredictionFilter(model: "M7"), limit: 100).count
    },
    HotQuery(name: "why predictions of a model failed") { store, _ in
      try await store.report.failures(of: "M7", among: 1_000).count
    },
    HotQuery(name: "course of a model", least: 100) { store, _ in
      try await store.report.course(of: "M7", past, cells: 120).count
    },
    HotQuery(name: "sums of an hour's scores", least: 50) { store, _ in
      try await store.report.hourSums(472_220...472_220).count
    },
    HotQuery(name: "predictions of one model in a range", least: 100) { store, _ in
      try await store.report.predictions(
        ReportRange(start: start, end: start.adding(seconds: 30_000)), .only(["M7"]), limit: 100
      ).count
    },
    HotQuery(name: "whether snapshots are many", least: 1) { store, _ in
      try await store.report.hasMoreSnapshots(overlapping: past, .all, includesEnsembles: true, than: 500) ? 1 : 0
    },
    HotQuery(name: "status of a round") { store, _ in try await store.rounds.counts(ofRound: "r").count },
    HotQuery(name: "newest scored predictions", least: 10) { store, _ in
      try await store.scores.newestSamples(limit: 10).count
    },
    HotQuery(name: "newest leaderboard", least: 1) { store, _ in
      try await store.leaderboards.newest() == nil ? 0 : 1
    },
    HotQuery(name: "store predictions", least: 50) { store, turn in
      try await store.predictions.record(
        (1...50).map {
          World.prediction("NEW\(turn)_\($0)", model: "M\($0)", input: "I\(turn)", scopeKey: "n", due: start)
        })
    },
  ]
}
