import Competition
import Postgres
import Store
import TestKit
import Testing

@Suite("Buckets")
struct SealTests {
  @Test("buckets seal in order of time, once each, with one snapshot a model")
  func inOrder() async throws {
    try await TestDatabase.withWorld { world, _ in
      let first = try await world.minute(ago: 10)
      try await world.addScore("p3", due: first.adding(seconds: 120), value: 3)
      try await world.addScore("p1", due: first, value: 1)
      try await world.addScore("p2", due: first.adding(seconds: 59), value: 2)
      #expect(try await world.store.seals.unsealedBuckets() == [first, first.adding(seconds: 120)])
      #expect(try await world.sealAll() == [first, first.adding(seconds: 120)])
      #expect(try await world.store.seals.unsealedBuckets() == [])
      let state = try await world.store.seals.state()
      #expect(state.firstPeriod == first)
      #expect(try #require(state.sealedUntil) >= first.adding(seconds: 180))
      let snapshots = try await world.store.snapshots.all(since: first)
      #expect(snapshots.map(\.predictionCount) == [2, 1])
      #expect(snapshots.map { $0.resultSummary["value"]?.number } == [1.5, 3])
      #expect(try await world.sealAll() == [])
    }
  }

  @Test("a bucket that has not ended does not seal")
  func notEnded() async throws {
    try await TestDatabase.withWorld { world, _ in
      try await world.addScore("p", due: world.store.now().adding(seconds: 3_600))
      #expect(try await world.sealAll() == [])
      #expect(try await world.store.seals.state().sealedUntil == nil)
    }
  }

  @Test("a bucket does not seal while a prediction due before its end is unfinished")
  func unfinishedPrediction() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await world.minute(ago: 10)
      try await world.addScore("p1", due: start)
      let end = start.adding(seconds: 60)
      _ = try await world.store.predictions.record([
        World.prediction("inside", model: "b", due: end.adding(seconds: -0.000_001))
      ])
      #expect(try await world.sealAll() == [])
      _ = try await world.store.predictions.fail(["inside"], reason: "no truth")
      #expect(try await world.sealAll() == [start])
    }
  }

  @Test("a prediction due at a bucket's end belongs to the next one and holds up that one only")
  func dueAtTheEnd() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await world.minute(ago: 10)
      try await world.addScore("p1", due: start)
      try await world.addScore("p2", due: start.adding(seconds: 70))
      _ = try await world.store.predictions.record([
        World.prediction("next", model: "b", due: start.adding(seconds: 60))
      ])
      #expect(try await world.sealAll() == [start])
      #expect(try await world.store.seals.state().sealedUntil == start.adding(seconds: 60))
    }
  }

  @Test("a bucket waits for a dispatched slot that is unanswered, until 30 s after its deadline")
  func unansweredSlot() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await world.minute(ago: 10)
      try await world.addScore("p", due: start)
      let input = Input(id: "INP", rawData: [:], receivedAt: start)
      let slot = World.slot(at: start.adding(seconds: -30), deadlineSeconds: 3_600)
      _ = try await world.store.slots.open(input, slots: [slot], models: [])
      #expect(try await world.sealAll() == [])
      // Answers in time may still be on their way into the table.
      try await world.store.pool.query("UPDATE prediction_slots SET deadline_at = clock_timestamp()")
      #expect(try await world.sealAll() == [])
      try await world.store.pool.query(
        "UPDATE prediction_slots SET deadline_at = clock_timestamp() - interval '31 seconds'")
      #expect(try await world.sealAll() == [start])
    }
  }

  @Test("a score that comes after the seal counts in the first bucket that is not sealed, and the seal stays as it is")
  func lateScore() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await world.minute(ago: 10)
      try await world.addScore("p1", due: start, value: 1)
      // Keeps what follows open.
      _ = try await world.store.predictions.record([
        World.prediction("open", model: "b", due: start.adding(seconds: 200))
      ])
      #expect(try await world.sealAll() == [start])
      let sealed = try await world.store.snapshots.all(since: start)
      let until = try #require(await world.store.seals.state().sealedUntil)

      let late = try await world.addScore("late", due: start.adding(seconds: 1), value: 5)
      #expect(late == ScoreCommit(scored: [TaskKey(inputID: "INP", scopeKey: "late"): [until: 1]]))
      #expect(try await world.store.snapshots.all(since: start) == sealed)

      _ = try await world.store.predictions.fail(["open"], reason: "no truth")
      #expect(try await world.sealAll() == [until])
      let all = try await world.store.snapshots.all(since: start)
      #expect(all.map { $0.resultSummary["value"]?.number } == [1, 5])
      #expect(all.reduce(0) { $0 + $1.predictionCount } == 2)
    }
  }

  @Test("provisional snapshots are replaced while the bucket is open and gone once it is sealed")
  func provisional() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await world.minute(ago: 10)
      try await world.addScore("p", due: start, value: 1)
      func snapshot(_ model: String, _ value: Double) -> Snapshot {
        World.snapshots(of: [BucketScores(modelID: model, results: [["value": .double(value)]])], from: start)[0]
      }
      let seals = world.store.seals
      try await seals.replaceProvisional([snapshot("a", 7), snapshot("b", 7)], periodStart: start)
      try await seals.replaceProvisional([snapshot("a", 8)], periodStart: start)
      #expect(try await world.store.snapshots.all(since: start) == [snapshot("a", 8)])
      _ = try await world.sealAll()
      #expect(try await world.store.snapshots.all(since: start).withoutMeta == [snapshot("a", 1)])
      try await seals.replaceProvisional([snapshot("a", 9), snapshot("b", 9)], periodStart: start)
      try await seals.replaceProvisional([], periodStart: start)
      #expect(try await world.store.snapshots.all(since: start).withoutMeta == [snapshot("a", 1)])
    }
  }

  @Test("a snapshot that another tool wrote under the same id stays as it is")
  func foreignSnapshot() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await world.minute(ago: 10)
      try await world.addScore("p", due: start, value: 1)
      let end = start.adding(seconds: 60)
      try await world.store.pool.query(
        """
        INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb)
        VALUES ($1, 'a', $2, $2, 9, '{"value": 9}')
        """, [.text(RecordIDs.snapshot(model: "a", at: end)), .time(end.microseconds)])
      #expect(try await world.sealAll() == [start])
      #expect(try await world.store.snapshots.all(since: start).map(\.predictionCount) == [9])
    }
  }

  @Test("two that seal at the same time seal each bucket once")
  func concurrentSeals() async throws {
    try await TestDatabase.withWorld { world, database in
      let start = try await world.minute(ago: 60)
      for index in 0..<20 { try await world.addScore("p\(index)", due: start.adding(seconds: 60 * index)) }
      let sealed = try await withThrowingTaskGroup(of: [Timestamp].self) { group in
        for _ in 0..<2 {
          let store = Store(database.configuration, connections: 1)
          group.addTask {
            var sealed: [Timestamp] = []
            // Nothing is also the answer to the one that finds the next buckets sealed by the other meanwhile.
            while try await !store.seals.unsealedBuckets().isEmpty {
              let buckets = try await store.seals.sealDue(bucketSeconds: 60, atMost: 3, build: World.snapshots)
              sealed += buckets.map(\.periodStart)
            }
            return sealed
          }
        }
        return try await group.reduce(into: [Timestamp]()) { $0 += $1 }
      }
      #expect(sealed.sorted() == (0..<20).map { start.adding(seconds: 60 * $0) })
      #expect(try await world.count(.snapshots) == 20)
    }
  }

  @Test("when the interval changes, each score is still in exactly one snapshot", arguments: [(60, 300), (300, 60)])
  func changedInterval(before: Int, after: Int) async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await world.store.now().floored(toSeconds: 300).adding(seconds: -3_000)
      for index in 0..<15 {
        try await world.addScore("p\(index)", due: start.adding(seconds: 45 * index), bucketSeconds: before)
      }
      _ = try await world.store.seals.sealDue(bucketSeconds: before, atMost: 1, build: World.snapshots)
      for index in 15..<40 {
        try await world.addScore("p\(index)", due: start.adding(seconds: 45 * index), bucketSeconds: after)
      }
      _ = try await world.sealAll(bucketSeconds: after)
      let snapshots = try await world.store.snapshots.all(since: start)
      #expect(snapshots.reduce(0) { $0 + $1.predictionCount } == 40)
      #expect(try await world.store.seals.unsealedBuckets() == [])
    }
  }

  @Test("provisional snapshots of another interval make room, and no score is lost", arguments: [(5, 60), (60, 5)])
  func rebucketed(before: Int, after: Int) async throws {
    try await TestDatabase.withWorld { world, _ in
      let seals = world.store.seals
      let start = try await world.store.now().floored(toSeconds: 300).adding(seconds: -3_000)
      for index in 0..<30 {
        try await world.addScore("p\(index)", due: start.adding(seconds: 7 * index), bucketSeconds: before)
      }
      for bucket in try await seals.unsealedBuckets() {
        let scores = try await world.store.scores.ofBucket(periodStart: bucket)
        let end = bucket.adding(seconds: before)
        try await seals.replaceProvisional(
          scores.map {
            Snapshot(
              id: RecordIDs.snapshot(model: $0.modelID, at: end), modelID: $0.modelID, periodStart: bucket,
              periodEnd: end, predictionCount: $0.results.count, resultSummary: [:], createdAt: end)
          }, periodStart: bucket)
      }
      try await seals.rebucket(bucketSeconds: after)
      let buckets = try await seals.unsealedBuckets()
      #expect(buckets.allSatisfy { $0 == $0.floored(toSeconds: after) })
      let ends = try await world.store.snapshots.all(since: start).map(\.periodEnd)
      #expect(ends.isEmpty)
      _ = try await world.sealAll(bucketSeconds: after)
      let snapshots = try await world.store.snapshots.all(since: start)
      #expect(snapshots.reduce(0) { $0 + $1.predictionCount } == 30)
    }
  }
}
