import Competition
import Postgres
import TestKit
import Testing

@testable import Store

@Suite("Rows of other tools")
struct OtherToolsTests {
  @Test("that the original's tables take are taken by ours", arguments: OriginalTables.allCases)
  func rowsAreTaken(version: OriginalTables) async throws {
    let rows = OriginalTables.repeatingRows + (version == .second ? OriginalTables.laterRows : "")
    try await TestDatabase.with { database in
      try await database.store.pool.withConnection { connection in
        try await connection.script("CREATE SCHEMA original; SET search_path TO original; " + version.script)
        try await connection.script(rows)
        try await connection.script("SET search_path TO public; " + rows)
      }
      // A second time each of them is refused, by its id at least.
      await #expect(throws: PostgresError.self) {
        try await database.store.pool.withConnection { try await $0.script(rows) }
      }
    }
  }

  @Test("do not count as ours: those stay once, beside any of other tools")
  func oursStayOnce() async throws {
    try await TestDatabase.withWorld { world, _ in
      let due = Timestamp(seconds: 1_771_000_030)
      let foreign: SQL = """
        INSERT INTO predictions (id, input_id, model_id, scope_key, status, exec_time_ms, performed_at, resolvable_at)
        SELECT id, 'INP', 'a', 'BTC-60', 'ABSENT', 1, now(), now() FROM unnest(ARRAY['x', 'y']) id
        """
      try await world.store.pool.query(foreign)
      var ours = World.prediction("ours", due: due)
      var twin = World.prediction("twin", due: due)
      (ours.contractID, twin.contractID) = (1, 2)
      #expect(try await world.store.predictions.record([ours]) == 1)
      #expect(try await world.store.predictions.record([twin]) == 0)
      _ = try await world.store.scores.commit([World.scored("ours")], bucketSeconds: 60)
      try await world.store.pool.query(
        "INSERT INTO scores (id, prediction_id, scored_at) SELECT id, 'ours', now() FROM unnest(ARRAY['x', 'y']) id")
      let error = await #expect(throws: PostgresError.self) {
        try await world.store.pool.query(
          "INSERT INTO scores (id, prediction_id, scored_at, period_start) VALUES ('z', 'ours', now(), now())")
      }
      #expect(error?.sqlState == "23505")
      #expect(try await world.store.audit.violations().filter { $0.invariant == .oneEffect } == [])
    }
  }

  @Test("can be cleared as they are in the original's tables, whatever ours hold")
  func cleared() async throws {
    try await TestDatabase.withWorld { world, _ in
      try await world.store.pool.query(
        """
        TRUNCATE models, inputs, predictions, scores, snapshots, checkpoints, leaderboards, scheduled_prediction_configs,
          feed_records, feed_ingestion_state, merkle_nodes, merkle_cycles, backfill_jobs
        """)
      #expect(try await world.count(.scores) == 0)
    }
  }
}
