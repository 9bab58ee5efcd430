import Competition
import Postgres
import TestKit
import Testing

@testable import Store

@Suite("Plans of the hot queries")
struct PlanTests {
  /// A query as a worker runs it.
  struct HotQuery: Sendable {
    var name: String
    /// How many it must find or change at least.
    var least = 0
    var run: @Sendable (Store, Int) async throws -> Int
  }

  private static let key = FeedKey(source: "bench", subject: "S1", kind: .candle, granularity: "1m")
  private static let start = Timestamp(seconds: 1_700_000_000)
  private static let past = ReportRange(start: start.adding(seconds: -59_000), end: start)

  private static let queries = [
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

  /// 20,000 inputs, 2,000 of them with 50 predictions each, the first 1,500 of these scored, and 50 scored hours before; 50,000 feed records; 50,000
  /// snapshots.
  private static let history = """
    INSERT INTO models (id, name) SELECT 'M' || m, 'model' FROM generate_series(1, 50) m;
    INSERT INTO inputs (id, raw_data_jsonb, received_at)
      SELECT 'I' || i, '{}', to_timestamp(1700000000 + 60 * i) FROM generate_series(1, 20000) i;
    INSERT INTO predictions (id, input_id, model_id, scope_key, scope_jsonb, status, inference_output_jsonb,
        performed_at, resolvable_at)
      SELECT 'P' || i || '_' || m, 'I' || i, 'M' || m, 'S', '{"subject": "S1"}',
        CASE WHEN i <= 1500 THEN 'SCORED' ELSE 'PENDING' END, '{"value": 1}',
        to_timestamp(1700000000 + 60 * i), to_timestamp(1700000000 + 60 * i)
      FROM generate_series(1, 2000) i, generate_series(1, 50) m;
    INSERT INTO predictions (id, input_id, model_id, scope_key, scope_jsonb, status, inference_output_jsonb,
        performed_at, resolvable_at)
      SELECT 'EARLY_' || m, 'I20000', 'M' || m, 'S', '{"subject": "S1"}', 'SCORED', '{"value": 1}',
        to_timestamp(1699992000), to_timestamp(1700000060)
      FROM generate_series(1, 50) m;
    UPDATE sweep_state SET low_water = to_timestamp(1700000000 + 60 * 1500);
    INSERT INTO scores (id, prediction_id, result_jsonb, period_start)
      SELECT 'SCR_' || id, id, '{"value": 1}', date_bin('60 s', resolvable_at, to_timestamp(0))
      FROM predictions WHERE status = 'SCORED';
    UPDATE seal_state SET first_period = to_timestamp(1700000000), sealed_until = to_timestamp(1700000000 + 60 * 1450);
    INSERT INTO ground_truths (input_id, scope_key, truth_jsonb, records_digest)
      SELECT id, 'S', '{}', '' FROM inputs WHERE id NOT LIKE 'I19%';
    INSERT INTO prediction_slots (config_id, subject, slot, input_id, scope_key, scope_jsonb, performed_at,
        resolvable_at, deadline_at, model_ids, answered_at)
      SELECT 'C', 'S1', i, 'I' || i, 'S', '{}', now(), now(), now(), '{}', now() FROM generate_series(1, 2000) i;
    INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
      SELECT s || '-' || i, 'bench', 'S' || s, 'candle', '1m', to_timestamp(1700000000 + 60 * i),
        to_timestamp(1700000000 + 60 * i + 60), '{"close": 1}', '{}'
      FROM generate_series(1, 10) s, generate_series(0, 4999) i;
    SELECT make_feed_partitions(array_agg(DISTINCT date_trunc('day', ts_event)), 7) FROM feed_records_default;
    INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, sealed_at)
      SELECT 'SNAP_' || m || '_' || i, 'M' || m, to_timestamp(1700000000 - 60 * i - 60), to_timestamp(1700000000 - 60 * i),
        1, '{"value": 1}', now()
      FROM generate_series(1, 1000) i, generate_series(1, 50) m;
    INSERT INTO merkle_cycles (id, snapshots_root, chained_root, snapshot_count, created_at)
      SELECT 'CYC_' || i, 'root', 'chained' || i, 50, to_timestamp(1700000000 - 60 * i) FROM generate_series(1, 1000) i;
    INSERT INTO merkle_nodes (id, cycle_id, level, position, hash, snapshot_id, snapshot_content_hash)
      SELECT 'MRK_' || i || '_' || m, 'CYC_' || i, 0, m - 1, 'hash', 'SNAP_' || m || '_' || i, 'hash'
      FROM generate_series(1, 1000) i, generate_series(1, 50) m;
    INSERT INTO merkle_nodes (id, checkpoint_id, level, position, hash)
      SELECT 'MRK_CKP_' || i, 'CKP', 0, i, 'chained' || i FROM generate_series(1, 1000) i;
    INSERT INTO leaderboards (id, created_at, entries_jsonb)
      SELECT 'LBR_' || i, to_timestamp(1700000000 + 60 * i), '[]' FROM generate_series(1, 5000) i;
    ANALYZE;
    """

  private static let growing = [
    "inputs", "predictions", "scores", "snapshots", "ground_truths", "prediction_slots", "feed_records", "leaderboards",
    "merkle_cycles", "merkle_nodes",
  ]

  @Test("no hot query reads a growing table from end to end, neither as planned at first nor later")
  func noSequentialScan() async throws {
    try await TestDatabase.with { database in
      // One connection: its counters are complete once it was asked to hand them in.
      let store = Store(database.configuration, connections: 1)
      try await store.pool.withConnection { try await $0.script(Self.history) }
      for query in Self.queries {
        let before = try await scans(store)
        // The server plans anew for each of the first five runs, and may keep a plan from then on.
        for turn in 1...7 {
          let found = try await query.run(store, turn)
          #expect(found >= query.least, "\(query.name), run \(turn)")
        }
        let after = try await scans(store)
        for table in Self.growing where after[table] != before[table] { Issue.record("\(query.name) scans \(table)") }
      }
    }
  }

  @Test("what one model did is found by an index of its own, among those of all the others")
  func oneModel() async throws {
    try await TestDatabase.with { database in
      let store = Store(database.configuration, connections: 1)
      try await store.pool.withConnection { try await $0.script(Self.history) }
      let range = ReportRange(start: Self.start, end: Self.start.adding(seconds: 120_000))
      #expect(try await store.report.newestPredictions(PredictionFilter(model: "M7"), limit: 50).count == 50)
      #expect(try await store.report.failures(of: "M7", among: 500) == [])
      #expect(try await store.report.hasMorePredictions(range, .only(["M7"]), than: 1_900))
      #expect(try await store.report.thinnedPredictions(range, .only(["M7"]), cells: 100, limit: 200).count == 100)
      try await store.pool.query("SELECT pg_stat_force_next_flush()")
      let row = try await store.pool.query(
        """
        SELECT (SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'predictions_model'),
          (SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'predictions_performed_at')
        """)[0]
      #expect(try row.int(0) >= 4)
      // All of the range's predictions are 100,000.
      #expect(try row.int(1) < 20_000)
    }
  }

  @Test("scoring does not touch an index of the predictions")
  func heapOnlyUpdates() async throws {
    try await TestDatabase.with { database in
      let world = try await World(Store(database.configuration, connections: 1))
      let ids = (0..<500).map { "p\($0)" }
      let due = Timestamp(seconds: 1_771_000_000)
      _ = try await world.store.predictions.record(ids.map { World.prediction($0, scopeKey: $0, due: due) })
      // All in one transaction, as the predictions of one input are: no page can be tidied up in between.
      _ = try await world.store.scores.commit(ids.map { World.scored($0) }, bucketSeconds: 60)
      try await world.store.pool.query("SELECT pg_stat_force_next_flush()")
      let row = try await world.store.pool.query(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'predictions'")[0]
      #expect(try row.int(0) == 500)
      #expect(try row.int(1) == 500)
    }
  }

  @Test("windows and truths look into one span of the feed's table or two, by an index, however many spans there are")
  func feedPartitions() async throws {
    try await TestDatabase.with { database in
      let store = Store(database.configuration, connections: 1)
      let now = try await store.now()
      // A year of hours, and a watermark at its end.
      let key = FeedKey(source: "bench", subject: "S1", kind: .candle, granularity: "1h")
      let newest = now.floored(toSeconds: 3_600).adding(seconds: -3_600)
      let records = (0..<8_760).map { hour in
        FeedRecord(key: key, eventTime: newest.adding(seconds: -3_600 * hour), ingestedTime: now, values: ["close": 1])
      }
      try await store.feeds.ingest(records, phase: "backfill")
      try await store.pool.query("ANALYZE")
      #expect(try await store.feeds.partitions().count > 50)

      let middle = newest.adding(seconds: -180 * 86_400)
      let lookups: [(name: String, count: Int, run: @Sendable () async throws -> Int)] = [
        ("window", 60, { try await store.feeds.newest(of: key, limit: 60).count }),
        ("newest", 1, { try await store.feeds.newest(of: key) == nil ? 0 : 1 }),
        (
          "truth", 5,
          {
            try await store.feeds.records(of: key, from: middle, through: middle.adding(seconds: 4 * 3_600), limit: 100)
              .count
          }
        ),
        ("first after", 1, { try await store.feeds.first(of: key, after: middle) == nil ? 0 : 1 }),
        (
          "not closed", 1,
          { try await store.feeds.oldestUnclosed(of: key, since: newest.adding(seconds: -3_600)) == nil ? 1 : 0 }
        ),
      ]
      for lookup in lookups {
        // Also with the plan that the server keeps after the first five runs.
        for turn in 1...7 {
          let before = try await touched(store)
          #expect(try await lookup.run() == lookup.count, "\(lookup.name)")
          let after = try await touched(store)
          let spans = after.filter { span in before[span.key].map { $0 != span.value } ?? true }
          #expect(spans.count <= 2, "\(lookup.name), run \(turn): \(spans.keys.sorted())")
          #expect(spans.allSatisfy { $0.value.whole == before[$0.key]?.whole }, "\(lookup.name) reads a whole span")
        }
      }
    }
  }

  /// How often each span of the feed's table was looked into, in all and from end to end. The one for what fits no span is empty.
  private func touched(_ store: Store) async throws -> [String: (all: Int64, whole: Int64)] {
    try await store.pool.query("SELECT pg_stat_force_next_flush()")
    let rows = try await store.pool.query(
      """
      SELECT relname::text, seq_scan + coalesce(idx_scan, 0), seq_scan FROM pg_stat_user_tables
      WHERE relname ~ '^feed_records_2'
      """)
    return Dictionary(
      try rows.map { (try $0.text(0), (try $0.int(1), try $0.int(2))) }, uniquingKeysWith: { first, _ in first })
  }

  /// By table; the spans of the feed's are one, without the empty one for what fits none.
  private func scans(_ store: Store) async throws -> [String: Int64] {
    try await store.pool.query("SELECT pg_stat_force_next_flush()")
    let rows = try await store.pool.query(
      """
      SELECT CASE WHEN relname ~ '^feed_records_2' THEN 'feed_records' ELSE relname::text END, sum(seq_scan)::bigint
      FROM pg_stat_user_tables GROUP BY 1
      """)
    return Dictionary(try rows.map { (try $0.text(0), try $0.int(1)) }, uniquingKeysWith: { first, _ in first })
  }
}
