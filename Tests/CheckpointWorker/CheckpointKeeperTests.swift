import Callables
import Competition
import Foundation
import Logging
import Postgres
import ServiceLifecycle
import Store
import TestKit
import Testing

@testable import CheckpointWorker
@testable import ServiceKit

@Suite("The keeper of checkpoints", .timeLimit(.minutes(3)))
struct CheckpointKeeperTests {
  private static let start = Timestamp(seconds: 1_771_000_020)

  private func time(_ seconds: Int) -> Timestamp { Self.start.adding(seconds: seconds) }

  /// Snapshots of the models `a` and `b` in each of fifteen minutes, all sealed: `a` is the better one in the first five
  /// minutes, `b` later.
  private func sealed(_ store: Store, until seconds: Int) async throws {
    try await store.models.upsert(
      ["a", "b"].map {
        Model(id: $0, name: $0, playerID: "", playerName: "", deploymentIdentifier: "", createdAt: Self.start)
      })
    try await store.pool.query(
      """
      INSERT INTO snapshots
        (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, sealed_at)
      SELECT m || n, m, $1::timestamptz + n * interval '1 minute', $1::timestamptz + (n + 1) * interval '1 minute', 1,
        jsonb_build_object('value', CASE WHEN (m = 'a') = (n < 5) THEN 2 ELSE 1 END), now()
      FROM unnest(ARRAY['a', 'b']) m, generate_series(0, 14) n
      """, [.time(Self.start.microseconds)])
    try await store.pool.query(
      "UPDATE seal_state SET first_period = $1", [.time(Self.start.microseconds)])
    try await seal(store, until: seconds)
  }

  private func seal(_ store: Store, until seconds: Int) async throws {
    try await store.pool.query("UPDATE seal_state SET sealed_until = $1", [.time(time(seconds).microseconds)])
  }

  private func keeper(
    _ database: TestDatabase, _ health: Health = Health(), emission: EmissionBuilder = EmissionBuilder(of: .default)
  ) -> ServiceGroup {
    let logger = Logger(label: "test")
    return ServiceGroup(
      services: [
        CheckpointKeeper(
          store: Store(database.configuration, connections: 1),
          builder: CheckpointBuilder(CrunchContract.default.aggregation, wallets: Wallets(crunch: "C")),
          emission: emission,
          intervalSeconds: 300, health: health, logger: logger)
      ], logger: logger)
  }

  private struct Row: Equatable {
    var start: Timestamp
    var end: Timestamp
    var claimed: Int
    var first: String?
  }

  private func rows(_ store: Store) async throws -> [Row] {
    try await store.pool.query(
      """
      SELECT period_start, period_end, (SELECT count(*) FROM snapshots s WHERE s.checkpoint_id = c.id),
        meta_jsonb #>> '{ranking,0,model_id}'
      FROM checkpoints c ORDER BY period_end, id
      """
    ).map {
      Row(
        start: Timestamp(microseconds: try $0.time(0)), end: Timestamp(microseconds: try $0.time(1)),
        claimed: Int(try $0.int(2)), first: $0.textIfPresent(3))
    }
  }

  private var all: [Row] {
    [
      Row(start: time(0), end: time(300), claimed: 10, first: "a"),
      Row(start: time(300), end: time(600), claimed: 10, first: "b"),
      Row(start: time(600), end: time(900), claimed: 10, first: "b"),
    ]
  }

  @Test("checkpoints follow each other without a gap as their buckets are sealed, each with its own ranking")
  func contiguous() async throws {
    try await TestDatabase.with { database in
      try await sealed(database.store, until: 899)
      let health = Health(waitingFor: ["snapshots"])
      let keeper = keeper(database, health)
      let running = Task { try await keeper.run() }
      try await waitUntil("two checkpoints") { try await rows(database.store) == Array(all[..<2]) }
      #expect(health.report.isReady)
      try await seal(database.store, until: 900)
      try await waitUntil("the third") { try await rows(database.store) == all }
      await keeper.triggerGracefulShutdown()
      try await running.value
      let newest = try #require(await database.store.checkpoints.newest())
      #expect(newest.status == .pending)
      #expect(newest.entries.first?["crunch"] == "C")
      let rewards = newest.entries.first?["cruncher_rewards"]?.array ?? []
      #expect(rewards.compactMap { $0["reward_pct"]?.int } == [625_000_000, 375_000_000])
    }
  }

  @Test("while the competition's own emission refuses, nobody is paid; once it works the checkpoint is made")
  func refusedEmission() async throws {
    try await TestDatabase.with { database in
      try await sealed(database.store, until: 330)
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let flag = folder.appendingPathComponent("works").path
      let source = """
        import os
        def emission(ranked_entries, crunch_pubkey):
            if ranked_entries[0]["model_id"] != "probe 1" and not os.path.exists("\(flag)"):
                raise RuntimeError("not today")
            rewards = [{"cruncher_index": 0, "reward_pct": 1_000_000_000}]
            return {"crunch": crunch_pubkey, "cruncher_rewards": rewards}
        """
      try source.write(to: folder.appendingPathComponent("own_emission.py"), atomically: true, encoding: .utf8)
      var contract = CrunchContract.default
      contract.callables.buildEmission = .python(module: "own_emission", callable: "emission")
      let named = ProcessInfo.processInfo.environment["MODEL_PYTHON"] ?? ""
      let emission = try await EmissionBuilder(
        of: contract,
        limits: PythonLimits(
          interpreter: FileManager.default.isExecutableFile(atPath: named) ? named : "python3", processes: 1,
          environment: ["PYTHONPATH": folder.path]), logger: Logger(label: "test"))
      await #expect(throws: ExtensionFailure.self) {
        try await emission.emission(of: [["model_id": "a", "rank": 1]], wallets: Wallets())
      }
      let keeper = keeper(database, emission: emission)
      let running = Task { try await keeper.run() }
      #expect(try await rows(database.store).isEmpty)
      try "yes".write(toFile: flag, atomically: true, encoding: .utf8)
      try await waitUntil("the checkpoint") { try await rows(database.store).count == 1 }
      await keeper.triggerGracefulShutdown()
      try await running.value
      let rewards = try await database.store.checkpoints.newest()?.entries.first?["cruncher_rewards"]?.array ?? []
      #expect(rewards.compactMap { $0["reward_pct"]?.int } == [1_000_000_000])
    }
  }

  @Test("two keepers at the same time, and one that starts later, make each once and claim each snapshot once")
  func two() async throws {
    try await TestDatabase.with { database in
      try await sealed(database.store, until: 930)
      let keepers = [keeper(database), keeper(database)]
      let running = keepers.map { keeper in Task { try await keeper.run() } }
      try await waitUntil("three checkpoints") { try await rows(database.store).count >= 3 }
      for keeper in keepers { await keeper.triggerGracefulShutdown() }
      for task in running { try await task.value }
      #expect(try await rows(database.store) == all)

      // The one that starts later finds the next period, and makes nothing of the earlier ones.
      let later = self.keeper(database)
      let last = Task { try await later.run() }
      try await seal(database.store, until: 1_200)
      try await waitUntil("the fourth") { try await rows(database.store).count >= 4 }
      await later.triggerGracefulShutdown()
      try await last.value
      let empty = Row(start: time(900), end: time(1_200), claimed: 0, first: nil)
      #expect(try await rows(database.store) == all + [empty])
    }
  }
}
