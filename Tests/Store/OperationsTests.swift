import Competition
import Postgres
import Store
import TestKit
import Testing

@Suite("Leases, sweeps and records for operators")
struct OperationsTests {
  @Test("a lease has one holder, who alone renews it")
  func lease() async throws {
    try await TestDatabase.with { database in
      let leases = database.store.leases
      #expect(try await leases.acquire(name: "lead", holder: "one", seconds: 3_600))
      #expect(try await !leases.acquire(name: "lead", holder: "two", seconds: 3_600))
      #expect(try await leases.acquire(name: "lead", holder: "one", seconds: 3_600))
      #expect(try await leases.acquire(name: "other", holder: "two", seconds: 3_600))
      try await leases.release(name: "lead", holder: "two")
      #expect(try await leases.holder(of: "lead") == "one")
      try await leases.release(name: "lead", holder: "one")
      #expect(try await leases.acquire(name: "lead", holder: "two", seconds: 3_600))
    }
  }

  @Test("who was frozen past his lease can neither renew it nor let go of the one that another took")
  func frozenHolder() async throws {
    try await TestDatabase.with { database in
      let leases = database.store.leases
      #expect(try await leases.acquire(name: "lead", holder: "frozen", seconds: 3_600))
      try await database.store.pool.query("UPDATE leases SET expires_at = clock_timestamp() - interval '1 second'")
      #expect(try await leases.holder(of: "lead") == nil)
      #expect(try await leases.acquire(name: "lead", holder: "next", seconds: 3_600))
      #expect(try await !leases.acquire(name: "lead", holder: "frozen", seconds: 3_600))
      try await leases.release(name: "lead", holder: "frozen")
      #expect(try await leases.holder(of: "lead") == "next")
    }
  }

  @Test("of many that want a free lease at the same time one gets it")
  func contendedLease() async throws {
    try await TestDatabase.with { database in
      let won = try await withThrowingTaskGroup(of: Bool.self) { group in
        for holder in 0..<8 {
          let store = Store(database.configuration, connections: 1)
          group.addTask { try await store.leases.acquire(name: "lead", holder: "\(holder)", seconds: 3_600) }
        }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(won == 1)
    }
  }

  @Test("the sweep's mark rises to the oldest undone prediction, and one that is inserted below lowers it again")
  func sweepMark() async throws {
    try await TestDatabase.withWorld { world, _ in
      let sweep = world.store.sweep
      let start = try await world.minute(ago: 60)
      #expect(try await sweep.lowWater() == nil)
      _ = try await world.store.predictions.record([World.prediction("p", due: start)])
      try await sweep.raise(from: nil, to: start.adding(seconds: 600))
      #expect(try await sweep.lowWater() == start.adding(seconds: -0.000_001))

      _ = try await world.store.predictions.fail(["p"], reason: "no truth")
      try await sweep.raise(from: nil, to: start.adding(seconds: 600))
      #expect(try await sweep.lowWater() == start.adding(seconds: -0.000_001))
      try await sweep.raise(from: sweep.lowWater(), to: start.adding(seconds: 600))
      #expect(try await sweep.lowWater() == start.adding(seconds: 600))

      _ = try await world.store.predictions.record([
        World.prediction("done", scopeKey: "x", status: .failed, due: start),
        World.prediction("later", scopeKey: "y", due: start.adding(seconds: 601)),
      ])
      #expect(try await sweep.lowWater() == start.adding(seconds: 600))
      _ = try await world.store.predictions.record([World.prediction("late", scopeKey: "z", due: start)])
      #expect(try await sweep.lowWater() == start.adding(seconds: -0.000_001))
      let undone = try await world.store.predictions.unscored(
        resolvableThrough: start, after: sweep.lowWater(), limit: 10)
      #expect(undone.map(\.key.scopeKey) == ["z"])
    }
  }

  @Test("the mark stays behind the clock, so that answers a little late need not lower it")
  func sweepMargin() async throws {
    try await TestDatabase.with { database in
      let sweep = database.store.sweep
      let now = try await database.store.now()
      try await sweep.raise(from: nil, to: now)
      #expect(try #require(await sweep.lowWater()) < now.adding(seconds: -60))
    }
  }

  @Test("the mark does not rise over a prediction whose transaction is still open")
  func openInsert() async throws {
    try await TestDatabase.withWorld { world, database in
      let start = try await world.minute(ago: 60)
      let other = database.pool(size: 1)
      try await other.transaction { connection in
        try connection.query(
          """
          INSERT INTO predictions (id, input_id, model_id, scope_key, performed_at, resolvable_at)
          VALUES ('foreign', 'INP', 'a', 'x', $1, $1)
          """, [.time(start.microseconds)])
        try await world.store.sweep.raise(from: nil, to: start.adding(seconds: 600))
        #expect(try await world.store.sweep.lowWater() == nil)
      }
      try await world.store.sweep.raise(from: nil, to: start.adding(seconds: 600))
      #expect(try await world.store.sweep.lowWater() == start.adding(seconds: -0.000_001))
    }
  }

  @Test("a leaderboard of the same bucket takes the place of the earlier one")
  func leaderboards() async throws {
    try await TestDatabase.with { database in
      let leaderboards = database.store.leaderboards
      let time = Timestamp(seconds: 1_771_000_000)
      #expect(try await leaderboards.newest() == nil)
      var board = Leaderboard(id: "LBR_1", createdAt: time, entries: [["model_id": "a", "rank": 1]])
      try await leaderboards.save(board)
      board.entries = [["model_id": "b", "rank": 1]]
      board.createdAt = time.adding(seconds: 1)
      try await leaderboards.save(board)
      let first = try await leaderboards.newest()
      #expect(first?.entries == board.entries && first?.createdAt == board.createdAt)
      let next = Leaderboard(id: "LBR_2", createdAt: time.adding(seconds: 60), entries: [], meta: ["x": 1])
      try await leaderboards.save(next)
      let second = try #require(try await leaderboards.newest())
      #expect(second.id == next.id && second.meta["x"] == 1)
      let digests = [first, second].map { $0?.meta[Leaderboard.digestKey]?.string ?? "" }
      #expect(digests.allSatisfy { $0.count == 64 } && digests[0] != digests[1])
    }
  }
}
