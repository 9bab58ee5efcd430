import Competition
import Postgres
import TestKit
import Testing

@testable import Store

@Suite("A database of the Python original")
struct AdoptionTests {
  @Test(
    "is told apart, is adopted with all its rows, and a second time changes nothing", arguments: OriginalTables.allCases
  )
  func rowsAreKept(version: OriginalTables) async throws {
    try await Self.with(version) { database in
      let migrator = database.store.migrator
      #expect(try await migrator.status() == .original(version: version.rawValue))
      let before = try await Self.rows(database)
      #expect(try await migrator.migrate().first == "adopted")
      #expect(try await migrator.status() == .current)
      #expect(try await Self.rows(database) == before)
      #expect(try await migrator.migrate() == [])
    }
  }

  @Test("becomes the same schema as an empty one", arguments: OriginalTables.allCases)
  func sameSchema(version: OriginalTables) async throws {
    let fresh = try await TestDatabase.with { try await Self.catalog($0) }
    try await TestDatabase.with(.nothing) { database in
      try await database.store.pool.withConnection { try await $0.script(version.script) }
      try await database.store.migrator.migrate()
      let adopted = try await Self.catalog(database)
      #expect(adopted.subtracting(fresh) == [])
      #expect(fresh.subtracting(adopted) == [])
    }
  }

  @Test("has what was left open settled: claims, seals, reasons, units", arguments: OriginalTables.allCases)
  func settled(version: OriginalTables) async throws {
    try await Self.with(version) { database in
      try await database.store.migrator.migrate()
      let row = try await database.store.pool.query(
        """
        SELECT
          (SELECT count(*) FROM snapshots s JOIN checkpoints c ON c.id = s.checkpoint_id
           WHERE s.period_end NOT BETWEEN c.period_start AND c.period_end),
          (SELECT count(*) FROM snapshots s, checkpoints c
           WHERE s.checkpoint_id IS NULL AND s.period_end BETWEEN c.period_start AND c.period_end),
          (SELECT count(*) FROM snapshots WHERE checkpoint_id = 'CKP_2' AND period_end = (
            SELECT period_start FROM checkpoints WHERE id = 'CKP_1')),
          (SELECT count(*) FROM snapshots WHERE checkpoint_id IS NULL),
          (SELECT count(*) FROM predictions WHERE exec_time_ms <> 1.5),
          (SELECT failed_reason FROM predictions WHERE status = 'FAILED'),
          (SELECT sealed_until = (SELECT max(period_end) FROM snapshots) FROM seal_state)
        """)[0]
      #expect(try row.int(0) == 0)
      #expect(try row.int(1) == 0)
      // One that ended on the border of two checkpoints belongs to the earlier one.
      #expect(try row.int(2) == 2)
      #expect(try row.int(3) > 0)
      #expect(try row.int(4) == 0)
      #expect(try row.text(5) == "no value")
      #expect(try row.bool(6))
    }
  }

  @Test("keeps moments without a zone as the UTC that they are, whatever the session's zone")
  func zones() async throws {
    try await TestDatabase.with(.nothing) { database in
      try await database.store.pool.withConnection { connection in
        try await connection.script(OriginalTables.first.script)
        try await connection.script(
          "INSERT INTO leaderboards VALUES ('l', timestamp '2026-07-01 12:00:00.25', '[]', '{}')")
        try await connection.script(
          "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = %L', current_database(), 'Asia/Tokyo'); END $$")
      }
      let store = Store(database.configuration, connections: 1)
      try await store.migrator.migrate()
      let row = try await store.pool.query("SELECT created_at FROM leaderboards")[0]
      #expect(Timestamp(microseconds: try row.time(0)) == Timestamp(iso8601: "2026-07-01T12:00:00.25Z"))
      await store.pool.close()
    }
  }

  @Test("with predictions of configs that are gone, and with rows that repeat others, is adopted as it is")
  func orphans() async throws {
    try await Self.with(.second) { database in
      let pool = database.store.pool
      try await pool.withConnection { try await $0.script(OriginalTables.repeatingRows + OriginalTables.laterRows) }
      try await pool.query("DELETE FROM scheduled_prediction_configs")
      let before = try await Self.rows(database)
      try await database.store.migrator.migrate()
      // All but one, which had its score and did not say so, is as it was.
      #expect(try await Self.rows(database).filter { !before.contains($0) }.map { $0.contains("SCORED") } == [true])
      #expect(
        try await pool.query("SELECT count(*) FROM predictions WHERE prediction_config_id = 'CFG_001'")[0].int(0) == 240
      )
      let broken = try await database.store.audit.violations().filter { $0.invariant == .oneEffect }
      #expect(broken == [])
    }
  }

  @Test(
    "stays as it was when a step fails, and can be adopted once the cause is gone", arguments: OriginalTables.allCases)
  func failure(version: OriginalTables) async throws {
    try await Self.with(version) { database in
      let pool = database.store.pool
      try await pool.query("CREATE TABLE paused_streams (stream text)")
      let before = try await Self.catalog(database)
      await #expect(throws: PostgresError.self) { try await database.store.migrator.migrate() }
      #expect(try await Self.catalog(database) == before)
      #expect(try await database.store.migrator.status() == .original(version: version.rawValue))
      try await pool.query("DROP TABLE paused_streams")
      #expect(try await database.store.migrator.migrate().first == "adopted")
    }
  }

  @Test("that several adopt at the same time is adopted once")
  func concurrent() async throws {
    try await Self.with(.second) { database in
      let applied = try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<4 {
          let store = Store(database.configuration, connections: 1)
          group.addTask { try await store.migrator.migrate() }
        }
        return try await group.reduce(into: [String]()) { $0 += $1 }
      }
      #expect(applied.filter { $0 == "adopted" }.count == 1)
      #expect(try await database.store.migrator.status() == .current)
    }
  }

  /// What is changed in the original's tables, and what must be said of it.
  static let oddities: [(change: String, said: String)] = [
    ("ALTER TABLE predictions DROP COLUMN performed_at", "predictions has no column performed_at"),
    ("DROP TABLE leaderboards", "there is no table leaderboards"),
    ("ALTER TABLE scores ALTER COLUMN result_jsonb TYPE text", "scores.result_jsonb is of type text"),
    ("ALTER TABLE inputs ADD COLUMN region text NOT NULL", "inputs.region is not a column of the original"),
    ("ALTER TABLE leaderboards DROP CONSTRAINT leaderboards_pkey", "id is not the primary key of leaderboards"),
    ("ALTER TABLE scores ADD COLUMN period_start text", "scores.period_start is there"),
    (
      """
      DROP INDEX uq_feed_records_event;
      INSERT INTO feed_records SELECT r, 'b', 'BTC', 'tick', '1s', '2026-01-01', now(), '{}', '{}' FROM unnest(ARRAY['a', 'b']) r
      """, "1 feed records of the same feed and time"
    ),
  ]

  @Test("that is not quite the original's is refused with what was found, and left alone", arguments: oddities)
  func refused(change: String, said: String) async throws {
    try await TestDatabase.with(.nothing) { database in
      try await database.store.pool.withConnection { try await $0.script(OriginalTables.second.script + change) }
      let before = try await Self.catalog(database)
      let error = await #expect(throws: SchemaError.self) { try await database.store.migrator.migrate() }
      #expect("\(try #require(error))".contains(said), "\(error as Any)")
      #expect(try await Self.catalog(database) == before)
    }
  }

  /// Lends a filled database of a version.
  private static func with(
    _ version: OriginalTables, _ body: @Sendable (TestDatabase) async throws -> Void
  ) async throws {
    try await TestDatabase.with(.nothing) { database in
      try await database.store.pool.withConnection { connection in
        try await connection.script(version.script)
        try await connection.script(OriginalTables.rows)
      }
      try await body(database)
    }
  }

  /// The ids of all rows, and what of them must not change.
  private static func rows(_ database: TestDatabase) async throws -> [String] {
    try await database.store.pool.query(
      """
      SELECT 'model ' || id || name || player_id FROM models
      UNION ALL SELECT concat_ws(' ', 'config', id, scope_key, schedule_jsonb, active) FROM scheduled_prediction_configs
      UNION ALL SELECT concat_ws(' ', 'input', id, raw_data_jsonb, extract(epoch FROM received_at)) FROM inputs
      UNION ALL SELECT concat_ws(' ', 'prediction', id, input_id, model_id, status, inference_output_jsonb,
        extract(epoch FROM performed_at), extract(epoch FROM resolvable_at)) FROM predictions
      UNION ALL SELECT concat_ws(' ', 'score', id, prediction_id, result_jsonb, success, extract(epoch FROM scored_at))
        FROM scores
      UNION ALL SELECT concat_ws(' ', 'snapshot', id, result_summary_jsonb, extract(epoch FROM period_end)) FROM snapshots
      UNION ALL SELECT concat_ws(' ', 'checkpoint', id, status, entries_jsonb, tx_hash, extract(epoch FROM period_end))
        FROM checkpoints
      UNION ALL SELECT concat_ws(' ', 'leaderboard', id, entries_jsonb) FROM leaderboards
      UNION ALL SELECT concat_ws(' ', 'record', id, values_jsonb, extract(epoch FROM ts_event)) FROM feed_records
      UNION ALL SELECT concat_ws(' ', 'watermark', id, extract(epoch FROM last_event_ts)) FROM feed_ingestion_state
      ORDER BY 1
      """
    ).map { try $0.text(0) }
  }

  /// Columns, indexes, constraints and functions, as texts.
  private static func catalog(_ database: TestDatabase) async throws -> Set<String> {
    Set(
      try await database.store.pool.query(
        """
        SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
          FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index
          WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
          WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        """
      ).map { try $0.text(0) })
  }
}
