import Competition
import Foundation
import Postgres
import Testing

@Suite("coordinator db", .timeLimit(.minutes(3)))
struct DatabaseCommandTests {
  @Test("migrates an empty database, says so, and a second time changes nothing")
  func migrate() async throws {
    try await Command.with(.nothing) { command in
      #expect(try await command.run("db", "status").exitCode == 1)
      let first = try await command.run("db", "migrate", "--json")
      #expect(first.exitCode == 0)
      #expect(try first.json.first?["applied"]?.array?.isEmpty == false)
      let second = try await command.run("db", "migrate", "--json")
      #expect(try second.json == [["applied": []]])
      #expect(try await command.run("db", "status").exitCode == 0)
    }
  }

  @Test("seeds the configs of a file once, also under the original's name, and retires one that changed")
  func seed() async throws {
    try await Command.with { command in
      func file(interval: Int) -> String {
        """
        [{"scope_key": "BTC-60", "scope_template": {"subject": "BTC"},
          "schedule": {"prediction_interval_seconds": \(interval), "resolve_horizon_seconds": 60}}]
        """
      }
      try await command.withFile(file(interval: 60)) { path in
        let variables = ["SCHEDULED_PREDICTION_CONFIGS_PATH": path]
        let first = try await command.run("db", "init", "--json", variables: variables)
        #expect(try first.json.first?["added"]?.array?.count == 1)
        let again = try await command.run("init-db", variables: variables)
        #expect(again.text == "configs: 0 added, 1 kept, 0 deactivated")
      }
      try await command.withFile(file(interval: 30)) { path in
        let changed = try await command.run("db", "init", variables: ["SCHEDULED_PREDICTION_CONFIGS_PATH": path])
        #expect(changed.text == "configs: 1 added, 0 kept, 1 deactivated")
      }
      #expect(try await command.database.store.configs.active().count == 1)
    }
  }

  @Test("refuses a file with mistakes, names them all, and stores nothing of it")
  func badFile() async throws {
    try await Command.with { command in
      try await command.withFile(
        #"[{"scope_key": ""}, {"scope_key": "x", "schedule": {"prediction_interval_seconds": 0}}]"#
      ) {
        path in
        let outcome = try await command.run("db", "init", variables: ["SCHEDULED_PREDICTION_CONFIGS_PATH": path])
        #expect(outcome.exitCode == 78)
        #expect(outcome.text.contains("[0]"))
        #expect(outcome.text.contains("[1]"))
        #expect(outcome.text.contains(path))
      }
      let missing = try await command.run(
        "db", "init", variables: ["SCHEDULED_PREDICTION_CONFIGS_PATH": "/nowhere.json"])
      #expect(missing.exitCode == 78)
      #expect(try await command.database.store.configs.active().isEmpty)
    }
  }

  @Test("gives each service a role with its rights and its password, and a second time the same ones")
  func roles() async throws {
    try await Command.with { command in
      let folder = NSTemporaryDirectory() + "/secrets-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      // A quote in it is no end of it.
      let password = "it's-\(UUID().uuidString)"
      try (password + "\n").write(
        toFile: folder + "/score-worker.database-password", atomically: true, encoding: .utf8)
      for _ in 1...2 {
        let run = try await command.run("db", "roles", "--secrets", folder)
        #expect(
          run.exitCode == 0 && run.text.hasPrefix("5 roles have their rights, 1 of them a password"), "\(run.text)")
      }
      let rights = try await command.database.store.pool.query(
        """
        SELECT has_table_privilege('score-worker', 'scores', 'INSERT'),
          has_table_privilege('score-worker', 'checkpoints', 'INSERT'),
          has_table_privilege('report-worker', 'scores', 'INSERT'),
          (SELECT rolpassword LIKE 'SCRAM-SHA-256$%' AND NOT rolsuper FROM pg_authid WHERE rolname = 'score-worker')
        """)[0]
      #expect(try rights.bool(0) && !rights.bool(1) && !rights.bool(2) && rights.bool(3))
      try FileManager.default.removeItem(atPath: folder)
    }
  }

  @Test("resets only when it is told to")
  func reset() async throws {
    try await Command.with { command in
      try await command.database.store.pool.query("INSERT INTO models (id, name) VALUES ('m', 'm')")
      let all = { try await command.database.store.models.all().count }
      let refused = try await command.run("db", "reset", "--no")
      #expect(refused.exitCode == 64)
      #expect(try await all() == 1)
      #expect(try await command.run("db", "reset", "--yes").exitCode == 0)
      #expect(try await all() == 0)
      #expect(try await command.run("db", "status").exitCode == 0)
    }
  }
}
