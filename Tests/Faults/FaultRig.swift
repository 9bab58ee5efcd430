import ChildProcesses
import Competition
import Foundation
import Postgres
import Store
import Synchronization
import TestKit
import Testing

/// A database, a Redis, score workers and their work, for experiments of one kind.
struct FaultRig: Sendable {
  let store: Store
  let databaseURL: String
  let redis: PrivateRedis
  let fleet: ScoreFleet
  let work: ScoreWorkload
  var ledger: FaultLedger { .shared }

  /// - Parameter variables: of all score workers.
  static func with(
    variables: [String: String] = [:], models: Int = 5, _ body: @escaping @Sendable (FaultRig) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      try await with(store: database.store, databaseURL: database.url, variables: variables, models: models, body)
    }
  }

  /// On a database of the experiment's own.
  static func with(
    store: Store, databaseURL: String, workersDatabaseURL: String? = nil, workersRedisURL: String? = nil,
    redis lent: PrivateRedis? = nil, variables: [String: String] = [:], models: Int = 5,
    _ body: @escaping @Sendable (FaultRig) async throws -> Void
  ) async throws {
    let run: @Sendable (PrivateRedis) async throws -> Void = { redis in
      let work = try await ScoreWorkload(store, redis.configuration, models: models)
      var all = ["BUS_LEASE_SECONDS": String(Faults.leaseSeconds), "DRAIN_SECONDS": "1"]
      for (name, value) in variables { all[name] = value }
      try await ScoreFleet.with(
        databaseURL: workersDatabaseURL ?? databaseURL, redisURL: workersRedisURL ?? redis.url, variables: all
      ) { fleet in
        let rig = FaultRig(store: store, databaseURL: databaseURL, redis: redis, fleet: fleet, work: work)
        try await body(rig)
        try await rig.settleAccounts()
      }
    }
    if let lent { try await run(lent) } else { try await PrivateRedis.with { try await run($0) } }
  }

  /// Everything is scored; then all invariants are checked.
  func scoredAndSound(_ what: String) async throws {
    try await work.waitUntilScored(what)
    try await audit(what)
  }

  /// Runs `coordinator audit` and expects that all holds.
  /// - Parameter settleSeconds: how long what looks wrong may look so; 0 for looks in mid-work that excuse nothing.
  func audit(_ what: String, settleSeconds: Double = 3) async throws {
    let said = Mutex<[String]>([])
    let ending = try await ChildProcess(
      executable: try Executables.products + "/coordinator",
      arguments: ["audit", "--json", "--settle", String(settleSeconds)],
      environment: [
        "DATABASE_URL": databaseURL, "REDIS_URL": redis.url, "BUS_LEASE_SECONDS": String(Faults.leaseSeconds),
      ]
    ).run(onLine: { line in said.withLock { $0.append(line) } })
    let lines = said.withLock { $0 }
    guard let last = lines.last, last.hasPrefix("{") else {
      Issue.record("no audit after \(what): \(ending) \(lines)")
      return
    }
    let report = try JSON(parsing: last)
    ledger.audited(report)
    let broken = (report["findings"]?.array ?? []).filter { ($0["violations"]?.int ?? 0) > 0 }.map(\.text)
    #expect(broken == [], "after \(what)")
    #expect(ending.exitCode == (broken.isEmpty ? 0 : 1))
  }

  func count(_ statement: SQL, _ parameters: [PostgresParameter] = []) async throws -> Int {
    Int(try await store.pool.query(statement, parameters)[0].int(0))
  }

  /// How long it is until `condition` holds.
  func time(_ what: String, _ condition: () async throws -> Bool) async throws -> Duration {
    let start = ContinuousClock.now
    try await waitUntil(what, condition)
    return ContinuousClock.now - start
  }

  private func settleAccounts() async throws {
    let predictions = try await count("SELECT count(*) FROM predictions")
    let lost = try await count("SELECT count(*) FROM predictions WHERE status = 'PENDING'")
    let doubled = try await count("SELECT count(*) - count(DISTINCT prediction_id) FROM scores")
    let twice = try await count("SELECT count(*) FROM score_runs WHERE deliveries > 1")
    ledger.ended(predictions: predictions, lost: lost, doubled: doubled, deliveredTwice: twice)
    #expect(lost == 0)
    #expect(doubled == 0)
  }
}

extension RunningProcess {
  /// Expects that it ends as a process does that was asked to, and shows its last words when it does not.
  func mustHaveDrained() async throws {
    let ending = try await ending
    #expect(ending.exitCode == 0, "\(ending); it said: \(lines.suffix(10).joined(separator: "\n"))")
  }
}
