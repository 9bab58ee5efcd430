import Competition
import Store
import TestKit
import Testing

@Suite("Prediction configs")
struct ConfigStoreTests {
  private func config(_ scopeKey: String, horizon: Int = 60, order: Int = 0) -> ScheduledPredictionConfig {
    ScheduledPredictionConfig(
      id: "", scopeKey: scopeKey, scopeTemplate: ["subject": "BTC"],
      schedule: ScheduledPredictionConfig.Schedule(predictionIntervalSeconds: 15, resolveAfterSeconds: horizon),
      order: order, meta: ["note": "x"])
  }

  @Test("seeding twice changes nothing")
  func idempotent() async throws {
    try await TestDatabase.with { database in
      let configs = database.store.configs
      let first = try await configs.seed([config("a", order: 2), config("b", order: 1)])
      #expect(first.added == ["CFG_001", "CFG_002"])
      let second = try await configs.seed([config("a", order: 2), config("b", order: 1)])
      #expect(second.added.isEmpty && second.deactivated.isEmpty)
      let active = try await configs.active()
      #expect(active.map(\.scopeKey) == ["b", "a"])
      #expect(active.first?.schedule.predictionIntervalSeconds == 15)
      #expect(active.first?.schedule.resolveAfterSeconds == 60)
      #expect(active.first?.meta == ["note": "x"])
    }
  }

  @Test("a changed config gets a new id and the old one rests; changed back, it has its id again")
  func changed() async throws {
    try await TestDatabase.with { database in
      let configs = database.store.configs
      _ = try await configs.seed([config("a")])
      let changed = try await configs.seed([config("a", horizon: 300)])
      #expect(changed.added == ["CFG_002"])
      #expect(changed.deactivated == ["CFG_001"])
      #expect(try await configs.active().map(\.id) == ["CFG_002"])
      let back = try await configs.seed([config("a")])
      #expect(back.kept == ["CFG_001"])
      #expect(try await configs.active().map(\.id) == ["CFG_001"])
      #expect(try await configs.all().count == 2)
    }
  }

  @Test("a row of the older original says its horizon under its own name")
  func olderSpelling() async throws {
    try await TestDatabase.with { database in
      try await database.store.pool.query(
        """
        INSERT INTO scheduled_prediction_configs (id, scope_key, schedule_jsonb)
        VALUES ('CFG_001', 'old', '{"prediction_interval_seconds": 30, "resolve_after_seconds": 90}')
        """)
      let active = try await database.store.configs.active()
      #expect(active.first?.schedule.resolveAfterSeconds == 90)
      #expect(active.first?.scopeTemplate == [:])
    }
  }

  @Test("a row of another tool that says a span of time no clock has is taken as the longest or the shortest there is")
  func absurdSpans() async throws {
    try await TestDatabase.with { database in
      for (id, seconds) in [("CFG_001", "9223372036854775807"), ("CFG_002", "-9223372036854775808")] {
        try await database.store.pool.query(
          """
          INSERT INTO scheduled_prediction_configs (id, scope_key, schedule_jsonb) VALUES ($1, $1, jsonb_build_object(
            'prediction_interval_seconds', $2::text::numeric, 'resolve_horizon_seconds', $2::text::numeric))
          """, [.text(id), .text(seconds)])
      }
      let schedules = try await database.store.configs.all().map(\.schedule)
      #expect(schedules.map(\.predictionIntervalSeconds) == [ScheduleFile.longestSeconds, 1])
      #expect(schedules.map(\.resolveAfterSeconds) == [ScheduleFile.longestSeconds, 0])
    }
  }
}
