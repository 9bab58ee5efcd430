import ChildProcesses
import Foundation
import Postgres
import Store
import TestKit
import Testing

extension Faults {
  @Suite("A PostgreSQL in trouble")
  struct PostgresTroubleFaults {
    enum Trouble: String, CaseIterable, CustomTestStringConvertible {
      case restarted = "F14 immediate restart of PostgreSQL"
      case terminated = "F14 all backends terminated"
      case locked = "F15 table lock"
      case slowCommits = "F15 commits take 500 ms longer"
      case readOnly = "F15 read-only mode"
      case diskFull = "F16 disk full"

      var testDescription: String { rawValue }
      var repetitions: Int {
        switch self {
        case .restarted, .terminated: 5
        case .locked, .slowCommits, .readOnly: 3
        case .diskFull: 2
        }
      }
    }

    @Test("F14–F16: workers wait, stay small, and go on by themselves", arguments: Trouble.allCases)
    func trouble(_ trouble: Trouble) async throws {
      try await PrivatePostgres.with { server, store in
        try await FaultRig.with(
          store: store, databaseURL: server.url, variables: ["FAIL_POINTS": "score.mid-score=delay:10ms"]
        ) { rig in
          let workers = try await rig.fleet.start(2)
          for round in 1...FaultScale.repetitions(trouble.repetitions) {
            try await rig.work.publish("P\(round)", tasks: 200)
            try await waitUntil("work is under way") { try await rig.work.unfinished() < 900 }
            let memory = workers.map(\.residentMegabytes)
            try await Self.cause(trouble, server, rig)
            let recovery = try await rig.time("all is scored") {
              do { return try await rig.work.unfinished() == 0 } catch let error as StoreError where error.isOutage {
                return false
              }
            }
            rig.ledger.recovered(trouble.rawValue, in: recovery, bound: .seconds(20))
            let dead = workers.filter { !$0.isAlive }.count
            #expect(dead == 0)
            for (worker, before) in zip(workers, memory) {
              #expect(worker.residentMegabytes < before + 64, "memory grew from \(before) MiB")
            }
            rig.ledger.experiments(trouble.rawValue)
            try await rig.scoredAndSound(trouble.rawValue)
          }
        }
      }
    }

    /// Causes trouble and, where it does not end by itself, ends it.
    private static func cause(_ trouble: Trouble, _ server: PrivatePostgres, _ rig: FaultRig) async throws {
      switch trouble {
      case .restarted:
        try await server.restartImmediately()
        rig.ledger.restarts()
      case .terminated:
        try await rig.store.pool.query(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()
          """)
      case .locked:
        // The table's 30 s in chaos; less where a machine checks changes.
        let seconds = FaultScale.value("30", else: "8")
        try await script(rig, "BEGIN; LOCK TABLE scores; SELECT pg_sleep(\(seconds)); COMMIT")
      case .slowCommits:
        try await script(
          rig,
          """
          CREATE OR REPLACE FUNCTION wait_a_little() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
          CREATE TRIGGER late AFTER INSERT ON scores FOR EACH STATEMENT EXECUTE FUNCTION wait_a_little()
          """)
        let before = try await rig.work.unfinished()
        try await waitUntil("commits go on, slowly") { try await rig.work.unfinished() < max(1, before - 200) }
        try await script(rig, "DROP TRIGGER late ON scores")
      case .readOnly:
        try await script(rig, "ALTER SYSTEM SET default_transaction_read_only = on")
        try await script(rig, "SELECT pg_reload_conf()")
        try await pass(Faults.lease)
        try await script(rig, "ALTER SYSTEM RESET default_transaction_read_only")
        try await script(rig, "SELECT pg_reload_conf()")
      case .diskFull: try await SmallDisk.fill(server, rig)
      }
    }

    private static func script(_ rig: FaultRig, _ text: String) async throws {
      try await rig.store.pool.withConnection { try await $0.script(text) }
    }

    static func pass(_ span: Duration) async throws {
      let start = ContinuousClock.now
      try await waitUntil("\(span) have passed") { ContinuousClock.now > start + span }
    }
  }
}

/// A disk that is full under the table of scores: a small file system of its own where the machine lets us mount one; else
/// PostgreSQL answers with the code of a full disk without having one.
private enum SmallDisk {
  static func fill(_ server: PrivatePostgres, _ rig: FaultRig) async throws {
    let folder = server.folder + "/small"
    let isMounted = try await mount(folder)
    if isMounted {
      try await script(rig, "CREATE TABLESPACE small LOCATION '\(folder)'")
      try await script(rig, "ALTER TABLE scores SET TABLESPACE small")
      try await script(rig, "CREATE TABLE filler (text text) TABLESPACE small")
      try await waitUntil("the disk is full") {
        do {
          try await script(
            rig, "INSERT INTO filler SELECT repeat(md5(i::text), 50) FROM generate_series(1, 200) i")
          return false
        } catch let error as PostgresError where error.sqlState == "53100" { return true }
      }
    } else {
      print("F16: no file system may be mounted here, PostgreSQL says so without a full disk")
      try await script(
        rig,
        """
        CREATE OR REPLACE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN RAISE EXCEPTION ''no space left on device'' USING ERRCODE = ''53100''; END';
        CREATE TRIGGER full_disk BEFORE INSERT ON scores FOR EACH STATEMENT EXECUTE FUNCTION no_space()
        """)
    }
    try await Faults.PostgresTroubleFaults.pass(Faults.lease)
    if isMounted {
      try await script(rig, "DROP TABLE filler")
      try await script(rig, "CHECKPOINT")
      try await script(rig, "ALTER TABLE scores SET TABLESPACE pg_default")
      try await script(rig, "DROP TABLESPACE small")
      _ = try await run("umount", [folder])
    } else {
      try await script(rig, "DROP TRIGGER full_disk ON scores")
    }
  }

  private static func mount(_ folder: String) async throws -> Bool {
    guard getuid() == 0 else { return false }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    guard try await run("mount", ["-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", folder]) == 0 else { return false }
    return try await run("chown", ["postgres", folder]) == 0
  }

  private static func run(_ program: String, _ arguments: [String]) async throws -> Int32? {
    try await ChildProcess(executable: try Executables.find(program), arguments: arguments).run().exitCode
  }

  private static func script(_ rig: FaultRig, _ text: String) async throws {
    try await rig.store.pool.withConnection { try await $0.script(text) }
  }
}
