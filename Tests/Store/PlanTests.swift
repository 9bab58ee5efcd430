import Competition
import Postgres
import TestKit
import Testing

@testable import Store

@Suite("Plans of the hot queries")
struct PlanTests {
  @Test("no hot query reads a growing table from end to end, neither as planned at first nor later")
  func noSequentialScan() async throws {
    try await TestDatabase.with { database in
      // One connection: its counters are complete once it was asked to hand them in.
      let store = Store(database.configuration, connections: 1)
      try await store.pool.withConnection { try await $0.script(PlanHistory.script) }
      for query in HotQuery.all {
        let before = try await scans(store)
        // The server plans anew for each of the first five runs, and may keep a plan from then on.
        for turn in 1...7 {
          let found = try await query.run(store, turn)
          #expect(found >= query.least, "\(query.name), run \(turn)")
        }
        let after = try await scans(store)
        for table in PlanHistory.growing where after[table] != before[table] {
          Issue.record("\(query.name) scans \(table)")
        }
      }
    }
  }

  @Test("what one model did is found by an index of its own, among those of all the others")
  func oneModel() async throws {
    try await TestDatabase.with { database in
      let store = Store(database.configuration, connections: 1)
      try await store.pool.withConnection { try await $0.script(PlanHistory.script) }
      let range = ReportRange(start: HotQuery.start, end: HotQuery.start.adding(seconds: 120_000))
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
