import ChildProcesses
import Competition
import Foundation
import HTTPFetch
import Postgres
import Store
import TestKit
import Testing

@Suite("A node that moves over from the Python original", .serialized, .timeLimit(.minutes(5)))
struct AdoptionCommandTests {
  @Test(
    "goes on where it was: what waited is scored, ranked, paid and reported, and nothing that was paid is paid again",
    arguments: OriginalTables.allCases)
  func goesOn(version: OriginalTables) async throws {
    try await Command.with(.nothing) { command in
      try await Self.fill(command, version)
      #expect(try await command.run("db", "status").text.contains("Python original, as version \(version.rawValue)"))
      let migrated = try await command.run("db", "migrate", "--json")
      #expect(try migrated.json.first?["applied"]?.array?.first?.string == "adopted", "\(migrated.text)")
      try await Self.keepsItsConfig(command)

      let pool = command.database.store.pool
      let paid = try await Self.strings(
        "SELECT id || checkpoint_id FROM snapshots WHERE checkpoint_id IS NOT NULL", pool)
      try await ScoreFleet.with(
        databaseURL: command.database.url,
        redisURL: ProcessInfo.processInfo.environment["TEST_REDIS_URL"] ?? "",
        variables: ["REDIS_KEY_PREFIX": command.prefix, "FEED_SOURCE": "binance"]
      ) { fleet in
        try await fleet.start()
        try await waitUntil("what waited is scored") {
          try await pool.query(
            "SELECT count(*) FROM predictions p JOIN scores s ON s.prediction_id = p.id WHERE s.period_start IS NOT NULL"
          )[0]
          .int(0) == 8
        }
        try await waitUntil("the leaderboard says what all snapshots say") { try await Self.isRanked(command) }
        try await Self.paysOnce(command, paid)
        try await Self.verifies(command, version)
      }
      try await Self.reports(command)
      #expect(try await command.database.store.audit.violations() == [])
    }
  }

  @Test("hears from the doctor what to do, and so do workers that are started too early")
  func doctor() async throws {
    try await Command.with(.nothing) { command in
      try await Self.fill(command, .second)
      let report = try await command.run("doctor")
      #expect(report.exitCode == 1)
      #expect(report.text.contains("make a backup, run `coordinator db migrate`"), "\(report.text)")
      let worker = try await command.runWorker("score-worker", variables: [:])
      #expect(worker.exitCode == 78)
      #expect(worker.text.contains("Python original"))
    }
  }

  @Test("is refused in one sentence when its tables are not quite the original's")
  func refused() async throws {
    try await Command.with(.nothing) { command in
      try await Self.fill(command, .first)
      try await command.database.store.pool.query("ALTER TABLE scores DROP COLUMN scored_at")
      let outcome = try await command.run("db", "migrate")
      #expect(outcome.exitCode != 0)
      #expect(outcome.text.contains("scores has no column scored_at"), "\(outcome.text)")
      #expect(outcome.text.contains("Nothing was changed"))
    }
  }

  private static func fill(_ command: Command, _ version: OriginalTables) async throws {
    try await command.database.store.pool.withConnection { connection in
      try await connection.script(version.script)
      try await connection.script(OriginalTables.rows)
      if version == .second { try await connection.script(OriginalTables.evidence) }
    }
  }

  /// What we made follows from what it was made of; what was there before is counted, since its evidence is not ours.
  private static func verifies(_ command: Command, _ version: OriginalTables) async throws {
    let outcome = try await command.run(["verify", "--json"], variables: ["FEED_SOURCE": "binance"])
    let report = try JSON(parsing: outcome.lines.last ?? "")
    #expect(report["verified"]?.bool == true, "\(report.text)")
    let (counts, others) = (report["counts"], report["not_covered"])
    #expect(counts?["scores"]?.int == 8 && counts?["checkpoints"]?.int == 1, "\(report.text)")
    #expect(others?["checkpoints of other tools"]?.int == 2, "\(report.text)")
    #expect(others?["snapshots of other tools"]?.int == 230 && others?["scores of other tools"]?.int == 230)
    #expect(others?["cycles of other tools"]?.int == (version == .second ? 1 : nil))
    // One of ours is no other tool's because it lost its digest.
    try await command.database.store.pool.query(
      "UPDATE checkpoints SET meta_jsonb = meta_jsonb - 'evidence_digest' WHERE id NOT IN ('CKP_1', 'CKP_2')")
    let forged = try await command.run(["verify", "--json"], variables: ["FEED_SOURCE": "binance"])
    #expect(try JSON(parsing: forged.lines.last ?? "")["difference"]?["table"] == "checkpoints")
  }

  /// A config that says the same keeps its id, so that predictions go on under it.
  private static func keepsItsConfig(_ command: Command) async throws {
    let configs = """
      [{"scope_key": "BTC-60", "scope_template": {"subject": "BTC"},
        "schedule": {"prediction_interval_seconds": 60, "resolve_horizon_seconds": 60}}]
      """
    try await command.withFile(configs) { path in
      let seeded = try await command.run("db", "init", variables: ["SCHEDULED_PREDICTION_CONFIGS_PATH": path])
      #expect(seeded.text == "configs: 0 added, 1 kept, 0 deactivated")
    }
  }

  /// Whether the newest ranking has the mean of each model's snapshots, the original's and ours.
  private static func isRanked(_ command: Command) async throws -> Bool {
    let rows = try await command.database.store.pool.query(
      """
      SELECT count(*) FROM (
        SELECT model_id, avg((result_summary_jsonb ->> 'value')::double precision) AS mean FROM snapshots
        GROUP BY model_id HAVING bool_or(sealed_at IS NOT NULL OR provisional)) s
      JOIN (
        SELECT entry ->> 'model_id' AS model_id, (entry -> 'score' -> 'metrics' ->> 'score_recent')::double precision AS mean,
          (entry ->> 'rank')::bigint AS rank
        FROM (SELECT entries_jsonb FROM leaderboards ORDER BY created_at DESC LIMIT 1) l, jsonb_array_elements(entries_jsonb) entry
      ) b ON b.model_id = s.model_id AND abs(b.mean - s.mean) < 1e-9 AND b.rank = CASE b.model_id WHEN 'm2' THEN 1 ELSE 2 END
      """)
    return try rows[0].int(0) == 2
  }

  /// The next checkpoint begins where the last one ended, and counts what no other has.
  private static func paysOnce(_ command: Command, _ paid: [String]) async throws {
    let pool = command.database.store.pool
    let worker = RunningProcess(
      ChildProcess(
        executable: try Executables.products + "/checkpoint-worker",
        environment: [
          "DATABASE_URL": command.database.url, "CHECKPOINT_INTERVAL_SECONDS": "1200",
          "HEALTH_PORT": String(try LoopbackPort.free()),
        ]))
    try await waitUntil("the next checkpoint; the worker said \(worker.lines.suffix(5))") {
      try await pool.query("SELECT count(*) FROM checkpoints")[0].int(0) == 3
    }
    await worker.stop()
    #expect(
      try await pool.query(
        """
        SELECT n.period_start = o.period_end FROM checkpoints o, checkpoints n
        WHERE o.id = 'CKP_1' AND n.id NOT IN ('CKP_1', 'CKP_2')
        """)[0].bool(0))
    let still = try await strings(
      "SELECT id || checkpoint_id FROM snapshots WHERE checkpoint_id IN ('CKP_1', 'CKP_2')", pool)
    #expect(Set(still) == Set(paid))
    #expect(
      try await pool.query("SELECT count(*) FROM snapshots WHERE checkpoint_id NOT IN ('CKP_1', 'CKP_2')")[0].int(0)
        > 20)
  }

  /// The report API tells of rows of both.
  private static func reports(_ command: Command) async throws {
    let port = try LoopbackPort.free()
    let worker = RunningProcess(
      ChildProcess(
        executable: try Executables.products + "/report-worker",
        environment: [
          "DATABASE_URL": command.database.url, "REDIS_URL": ProcessInfo.processInfo.environment["TEST_REDIS_URL"],
          "REDIS_KEY_PREFIX": command.prefix, "REPORT_PORT": String(port),
          "HEALTH_PORT": String(try LoopbackPort.free()),
        ]))
    func rows(_ path: String) async throws -> [JSON] {
      let response = try await HTTPClient().send(HTTPRequest(url: "http://127.0.0.1:\(port)\(path)"))
      #expect(response.status == 200, "\(path)")
      return try JSON(parsing: response.body).array ?? []
    }
    try await waitUntil("the report worker answers; it said \(worker.lines.suffix(5))") {
      do { return try await rows("/reports/models").count == 2 } catch { return false }
    }
    #expect(try await rows("/reports/leaderboard").map { $0["model_id"]?.string } == ["m2", "m1"])
    #expect(try await rows("/reports/models/global").count == 2)
    #expect(try await rows("/reports/predictions").count == 240)
    let reason = try await rows("/reports/predictions?projectIds=m1").compactMap { $0["score_failed_reason"]?.string }
    #expect(reason == ["no value"])
    #expect(try await rows("/reports/snapshots?limit=1000").count > 230)
    #expect(try await rows("/reports/checkpoints").count == 3)
    #expect(try await rows("/reports/feeds").first?["record_count"]?.int == 130)
    await worker.stop()
  }

  private static func strings(_ sql: SQL, _ pool: PostgresPool) async throws -> [String] {
    try await pool.query(sql).map { try $0.text(0) }
  }
}
