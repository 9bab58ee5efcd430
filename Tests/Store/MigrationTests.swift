import Competition
import Postgres
import TestKit
import Testing

@testable import Store

@Suite("Migrations")
struct MigrationTests {
  @Test("an empty database becomes current, step by step, and a second time changes nothing")
  func idempotent() async throws {
    try await TestDatabase.with(.nothing) { database in
      let migrator = database.store.migrator
      #expect(try await migrator.status() == .empty)
      let applied = try await migrator.migrate()
      #expect(applied == Migration.all.map { "\($0.version) \($0.name)" })
      #expect(try await migrator.status() == .current)
      #expect(try await migrator.migrate() == [])
    }
  }

  @Test("many that migrate at the same time apply each step once")
  func concurrent() async throws {
    try await TestDatabase.with(.nothing) { database in
      let applied = try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<6 {
          let store = Store(database.configuration, connections: 1)
          group.addTask { try await store.migrator.migrate() }
        }
        return try await group.reduce(into: [String]()) { $0 += $1 }
      }
      #expect(applied.sorted() == Migration.all.map { "\($0.version) \($0.name)" }.sorted())
      #expect(try await database.store.migrator.status() == .current)
    }
  }

  @Test("a schema of a newer build is told apart and left alone")
  func newer() async throws {
    try await TestDatabase.with { database in
      try await database.store.pool.query(
        "INSERT INTO schema_migrations (version, name, checksum) VALUES (99, 'later', 'x')")
      #expect(try await database.store.migrator.status() == .newer(version: 99))
      let error = await #expect(throws: SchemaError.self) { try await database.store.migrator.migrate() }
      #expect(error?.status == .newer(version: 99))
    }
  }

  @Test("a schema that lacks a step is older, and says which")
  func older() async throws {
    try await TestDatabase.with { database in
      let last = try #require(Migration.all.last)
      try await database.store.pool.query(
        "DELETE FROM schema_migrations WHERE version = $1", [.int(Int64(last.version))])
      let status = try await database.store.migrator.status()
      #expect(status == .older(missing: [last.version]))
      #expect("\(status)".hasSuffix("run `coordinator db migrate`"))
    }
  }

  @Test("a step that was applied with another text is noticed")
  func altered() async throws {
    try await TestDatabase.with { database in
      try await database.store.pool.query("UPDATE schema_migrations SET checksum = 'x' WHERE version = 1")
      #expect(try await database.store.migrator.status() == .altered(version: 1))
    }
  }

  @Test("a step that fails leaves nothing behind")
  func atomic() async throws {
    try await TestDatabase.with(.nothing) { database in
      try await database.store.pool.query("CREATE TABLE leases (id text)")
      await #expect(throws: PostgresError.self) { try await database.store.migrator.migrate() }
      let left = try await database.store.pool.query("SELECT to_regclass('prediction_slots') IS NULL")[0].bool(0)
      #expect(left)
      #expect(try await database.store.migrator.status() == .older(missing: [2, 3]))
    }
  }

  @Test("a table of records that was not parted becomes the first span of one that is, where it lies")
  func partedLater() async throws {
    try await TestDatabase.with(.nothing) { database in
      let pool = database.store.pool
      try await pool.withConnection { connection in
        for step in Migration.all.prefix(2) { try await connection.script(step.script) }
        try await connection.script(
          """
          INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event)
            SELECT 'r' || i, 'a', 'b', 'tick', '1s', now() + (i - 90) * interval '1 day' FROM generate_series(0, 120) i;
          INSERT INTO feed_records VALUES ('last', 'a', 'b', 'tick', '1s', 'infinity')
          """)
      }
      let place = try await pool.query("SELECT pg_relation_filepath('feed_records')")[0].text(0)
      try await pool.withConnection { try await $0.script(Migration.all[2].script) }
      let row = try await pool.query(
        """
        SELECT count(*), count(*) FILTER (WHERE tableoid = 'feed_records_before'::regclass AND ts_event <= now()),
          pg_relation_filepath('feed_records_before')
        FROM feed_records
        """)[0]
      #expect(try row.int(0) == 122)
      #expect(try row.int(1) == 91)
      #expect(try row.text(2) == place)
      // What lies ahead gets spans of its own.
      let now = try await database.store.now()
      _ = try await database.store.feeds.makePartitions(for: (1...40).map { now.adding(seconds: $0 * 86_400) })
      let left = try await pool.query("SELECT min(ts_event) = 'infinity' AND count(*) = 1 FROM feed_records_default")[0]
      #expect(try left.bool(0))
    }
  }

  @Test("a reset empties our tables, keeps foreign ones, and leaves a current schema")
  func reset() async throws {
    try await TestDatabase.withWorld { world, database in
      try await database.store.pool.query("CREATE TABLE not_ours (n bigint)")
      try await database.store.migrator.reset()
      #expect(try await database.store.migrator.status() == .current)
      #expect(try await database.store.models.all().isEmpty)
      #expect(try await world.count(.inputs) == 0)
      #expect(try await database.store.pool.query("SELECT to_regclass('not_ours') IS NOT NULL")[0].bool(0))
    }
  }

  @Test("the tables and columns of the original are there with its types")
  func columns() async throws {
    try await TestDatabase.with { database in
      let expected = [
        "models":
          "name deployment_identifier player_id player_name overall_score_jsonb scores_by_scope_jsonb meta_jsonb created_at updated_at",
        "inputs": "raw_data_jsonb received_at status actuals_jsonb scope_jsonb meta_jsonb resolvable_at",
        "predictions":
          "input_id model_id prediction_config_id scope_key scope_jsonb status exec_time_ms inference_output_jsonb meta_jsonb performed_at resolvable_at",
        "scores": "prediction_id result_jsonb success failed_reason scored_at",
        "snapshots":
          "model_id period_start period_end prediction_count result_summary_jsonb meta_jsonb created_at content_hash",
        "checkpoints":
          "period_start period_end status entries_jsonb meta_jsonb created_at tx_hash submitted_at merkle_root",
        "leaderboards": "created_at entries_jsonb meta_jsonb",
        "scheduled_prediction_configs": "scope_key scope_template_jsonb schedule_jsonb active order meta_jsonb",
        "feed_records": "source subject kind granularity ts_event ts_ingested values_jsonb meta_jsonb",
        "feed_ingestion_state": "source subject kind granularity last_event_ts updated_at meta_jsonb",
      ]
      let rows = try await database.store.pool.query(
        "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = 'public'"
      )
      var found: [String: [String: String]] = [:]
      for row in rows { found[try row.text(0), default: [:]][try row.text(1)] = try row.text(2) }
      for (table, columns) in expected {
        for column in columns.split(separator: " ").map(String.init) + ["id"] {
          let type = try #require(found[table]?[column], "\(table).\(column)")
          if column.hasSuffix("_jsonb") { #expect(type == "jsonb") }
          if column.hasSuffix("_at") || column.hasSuffix("_ts") || column.hasPrefix("ts_")
            || column.hasPrefix("period_")
          {
            #expect(type == "timestamp with time zone", "\(table).\(column)")
          }
          if column == "id" || column.hasSuffix("_id") { #expect(type == "text") }
        }
      }
    }
  }
}
