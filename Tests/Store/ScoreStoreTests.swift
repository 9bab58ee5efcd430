import Competition
import Postgres
import TestKit
import Testing

@testable import Store

@Suite("Committing scores")
struct ScoreStoreTests {
  private let due = Timestamp(seconds: 1_771_000_030)
  private var bucket: Timestamp { due.floored(toSeconds: 60) }

  @Test("of commits of the same predictions at the same time each prediction is in exactly one")
  func exactlyOnce() async throws {
    try await TestDatabase.withWorld { world, database in
      let ids = (0..<400).map { "p\($0)" }
      _ = try await world.store.predictions.record(ids.map { World.prediction($0, scopeKey: $0, due: due) })
      let commits = try await withThrowingTaskGroup(of: ScoreCommit.self) { group in
        for turn in 0..<4 {
          let store = Store(database.configuration, connections: 1)
          // Each goes through them in another order, in batches of another size.
          let order = turn.isMultiple(of: 2) ? ids : ids.reversed()
          let size = 100 + 50 * turn
          group.addTask {
            var all = ScoreCommit()
            for start in stride(from: 0, to: order.count, by: size) {
              let batch = order[start..<min(start + size, order.count)].map { World.scored($0, value: Double(turn)) }
              let commit = try await store.scores.commit(batch, bucketSeconds: 60)
              all.scored.merge(commit.scored) {
                Issue.record("twice: \($0), \($1)"); return $1
              }
            }
            return all
          }
        }
        return try await group.reduce(into: [ScoreCommit]()) { $0.append($1) }
      }
      #expect(commits.reduce(0) { $0 + $1.scoredCount } == 400)
      #expect(commits.reduce(into: Set<String>()) { $0.formUnion($1.scored.keys.map(\.scopeKey)) } == Set(ids))
      #expect(try await world.count(.scores) == 400)
      #expect(try await world.store.predictions.countByStatus() == [.scored: 400])
    }
  }

  @Test("a score counts in the bucket of its due time; a second commit changes nothing")
  func bucket() async throws {
    try await TestDatabase.withWorld { world, _ in
      let first = try await world.addScore("p", due: due, value: 1)
      #expect(first == ScoreCommit(scored: [TaskKey(inputID: "INP", scopeKey: "p"): [bucket: 1]]))
      let second = try await world.store.scores.commit([World.scored("p", value: 2)], bucketSeconds: 60)
      #expect(second == ScoreCommit())
      let scores = try await world.store.scores.ofBucket(periodStart: bucket)
      #expect(scores == [BucketScores(modelID: "a", results: [["value": 1.0]])])
    }
  }

  @Test(
    "a prediction that can have no score ends as FAILED without a row; a failed score ends as SCORED and is in no bucket"
  )
  func failures() async throws {
    try await TestDatabase.withWorld { world, _ in
      _ = try await world.store.predictions.record([
        World.prediction("p1", due: due), World.prediction("p2", model: "b", due: due),
      ])
      let commit = try await world.store.scores.commit(
        [.failed(id: "p1", reason: "no truth"), World.scored("p2", success: false)], bucketSeconds: 60)
      #expect(commit == ScoreCommit(scored: [World.task: [bucket: 1]], failed: [World.task: 1]))
      #expect(try await world.status(of: "p1") == "FAILED")
      #expect(try await world.status(of: "p2") == "SCORED")
      #expect(try await world.count(.scores) == 1)
      #expect(try await world.store.scores.ofBucket(periodStart: bucket).isEmpty)
    }
  }

  @Test("the same prediction twice in one commit counts once")
  func twiceInOne() async throws {
    try await TestDatabase.withWorld { world, _ in
      _ = try await world.store.predictions.record([World.prediction("p", due: due)])
      let commit = try await world.store.scores.commit(
        [World.scored("p", value: 1), World.scored("p", value: 2)], bucketSeconds: 60)
      #expect(commit == ScoreCommit(scored: [World.task: [bucket: 1]]))
      #expect(try await world.store.scores.ofBucket(periodStart: bucket).first?.results == [["value": 1.0]])
    }
  }

  @Test("results come by model in order of prediction id")
  func order() async throws {
    try await TestDatabase.withWorld { world, _ in
      let ids = ["z", "B", "a", "10", "9"]
      _ = try await world.store.predictions.record(
        ids.map { World.prediction($0, model: "a", scopeKey: $0, due: due) }
          + [World.prediction("m", model: "b", due: due)])
      _ = try await world.store.scores.commit(
        ids.enumerated().map { World.scored($1, value: Double($0)) } + [World.scored("m", value: 9)], bucketSeconds: 60)
      let scores = try await world.store.scores.ofBucket(periodStart: bucket)
      #expect(scores.map(\.modelID) == ["a", "b"])
      #expect(scores[0].results.map { $0["value"]?.number } == [3, 4, 1, 2, 0])
    }
  }

  @Test("a commit with one score that PostgreSQL refuses changes nothing, and is no outage")
  func refused() async throws {
    try await TestDatabase.withWorld { world, _ in
      _ = try await world.store.predictions.record([
        World.prediction("good", due: due), World.prediction("bad", model: "b", due: due),
      ])
      let bad = Score(
        id: "SCR_bad", predictionID: "bad", result: ["value": 1, "note": "\u{0}"], success: true, scoredAt: due)
      let error = await #expect(throws: StoreError.self) {
        try await world.store.scores.commit([World.scored("good"), .scored(bad)], bucketSeconds: 60)
      }
      #expect(error?.isOutage == false)
      #expect(try await world.count(.scores) == 0)
      #expect(try await world.store.predictions.countByStatus() == [.pending: 2])
    }
  }

  @Test("a commit whose connection is cut is undone, is an outage, and has its effect when it is done again")
  func cut() async throws {
    try await TestDatabase.withWorld { world, database in
      _ = try await world.store.predictions.record([World.prediction("p", due: due)])
      let scoring = Store(database.configuration, connections: 1)
      try await database.pool(size: 1).transaction { connection in
        try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(AdvisoryLock.seal)])
        let commit = Task { try await scoring.scores.commit([World.scored("p")], bucketSeconds: 60) }
        try await waitUntil("the waiting commit's connection is cut") {
          try connection.query(
            """
            SELECT pg_terminate_backend(pid, 30000) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = current_database() AND locktype = 'advisory' AND NOT granted
            """
          ).count == 1
        }
        let error = await #expect(throws: StoreError.self) { try await commit.value }
        #expect(error?.isOutage == true)
      }
      #expect(try await world.status(of: "p") == "PENDING")
      #expect(try await scoring.scores.commit([World.scored("p")], bucketSeconds: 60).scoredCount == 1)
    }
  }

  @Test("a commit that meets a seal waits for it and goes into the next bucket")
  func meetsSeal() async throws {
    try await TestDatabase.withWorld { world, database in
      _ = try await world.store.predictions.record([World.prediction("p", due: due)])
      let next = bucket.adding(seconds: 60)
      let sealing = database.pool(size: 1)
      let commit = try await sealing.transaction { connection in
        try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(AdvisoryLock.seal)])
        let commit = Task { try await world.store.scores.commit([World.scored("p")], bucketSeconds: 60) }
        try await waitUntil("the commit waits for the seal") {
          try connection.query(
            """
            SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = current_database() AND locktype = 'advisory' AND NOT granted
            """
          ).count == 1
        }
        try connection.query("UPDATE seal_state SET sealed_until = $1", [.time(next.microseconds)])
        return commit
      }
      #expect(try await commit.value == ScoreCommit(scored: [World.task: [next: 1]]))
    }
  }
}
