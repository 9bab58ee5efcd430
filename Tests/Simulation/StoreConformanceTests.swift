import Competition
import Store
import Testing

@Suite("PostgreSQL and its twin keep the same promises", .timeLimit(.minutes(2)))
struct StoreConformanceTests {
  @Test("a commit that comes twice has one effect, and says so", arguments: StoreKind.allCases)
  func commitTwice(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let due = try await harness.minute(ago: 10)
      try await harness.record([
        StoreHarness.prediction("p1", due: due), StoreHarness.prediction("p2", due: due.adding(seconds: 70)),
      ])
      let outcomes: [ScoredPrediction] = [
        StoreHarness.scored("p1", value: 1), .failed(id: "p2", reason: "no truth"), StoreHarness.scored("p1", value: 2),
      ]
      let first = try await harness.commit(outcomes)
      let (one, other) = (
        TaskKey(inputID: "INP", scopeKey: "p1"), TaskKey(inputID: "INP", scopeKey: "p2")
      )
      #expect(first == ScoreCommit(scored: [one: [due: 1]], failed: [other: 1]))
      let second = try await harness.commit(outcomes)
      #expect(second == ScoreCommit())
      let scores = try await harness.store.bucketScores(periodStart: due)
      #expect(scores == [BucketScores(modelID: "a", results: [["value": .double(1)]])])
      #expect(try await harness.store.pendingPredictions(of: [one], limitPerTask: 10) == [])
    }
  }

  @Test("of commits of the same predictions at once each prediction ends with one", arguments: StoreKind.allCases)
  func commitAtOnce(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let due = try await harness.minute(ago: 10)
      let ids = (0..<40).map { "p\($0)" }
      try await harness.record(ids.map { StoreHarness.prediction($0, due: due) })
      let ended = try await withThrowingTaskGroup(of: [String].self) { group in
        for turn in 0..<4 {
          let order = turn.isMultiple(of: 2) ? ids : ids.reversed()
          group.addTask { try await harness.commit(order.map { StoreHarness.scored($0) }).scored.keys.map(\.scopeKey) }
        }
        return try await group.reduce(into: [String]()) { $0 += $1 }
      }
      #expect(ended.sorted() == ids.sorted())
    }
  }

  @Test(
    "one prediction per input, scope key and model; those that wait come in order of id", arguments: StoreKind.allCases)
  func pending(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let due = try await harness.minute(ago: 10)
      try await harness.record([
        StoreHarness.prediction("p2", model: "b", due: due, scopeKey: "BTC"),
        StoreHarness.prediction("p1", model: "a", due: due, scopeKey: "BTC"),
      ])
      try await harness.record([StoreHarness.prediction("p0", model: "a", due: due, scopeKey: "BTC")])
      let key = TaskKey(inputID: "INP", scopeKey: "BTC")
      #expect(try await harness.store.pendingPredictions(of: [key], limitPerTask: 10).map(\.id) == ["p1", "p2"])
      #expect(try await harness.store.pendingPredictions(of: [key], limitPerTask: 1).map(\.id) == ["p1"])
      try await harness.store.failPredictions(["p1"], reason: "no")
      #expect(try await harness.store.pendingPredictions(of: [key], limitPerTask: 10).map(\.id) == ["p2"])
    }
  }

  @Test(
    "unscored tasks come by their time, once each, a page with all that share its last time",
    arguments: StoreKind.allCases)
  func unscored(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let first = try await harness.minute(ago: 10)
      let later = first.adding(seconds: 1)
      try await harness.record([
        StoreHarness.prediction("p4", due: first.adding(seconds: 60)), StoreHarness.prediction("p3", due: later),
        StoreHarness.prediction("p2", due: later),
        StoreHarness.prediction("p1", model: "a", due: first, scopeKey: "one"),
        StoreHarness.prediction("p0", model: "b", due: first, scopeKey: "one"),
      ])
      func page(after: Timestamp?, limit: Int = 2, through: Timestamp) async throws -> [String] {
        try await harness.store.unscoredTasks(resolvableThrough: through, after: after, limit: limit).map(
          \.key.scopeKey
        )
        .sorted()
      }
      #expect(try await page(after: nil, through: later) == ["one", "p2", "p3"])
      #expect(try await page(after: first, through: later) == ["p2", "p3"])
      #expect(try await page(after: later, through: later) == [])
      #expect(try await page(after: later, through: first.adding(seconds: 60)) == ["p4"])
    }
  }

  @Test("of two truths for one task the first is kept, and answered to both", arguments: StoreKind.allCases)
  func truth(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      func truth(_ profit: Double) -> GroundTruth {
        GroundTruth(
          inputID: "INP", scopeKey: "BTC", value: ["profit": .double(profit)], recordsDigest: "\(profit)",
          resolvedAt: Timestamp(seconds: 1_000))
      }
      let first = try await harness.store.saveTruths([truth(0.5)])
      #expect(first == [truth(0.5)])
      #expect(try await harness.store.saveTruths([truth(0.25)]) == [truth(0.5)])
      #expect(try await harness.store.truths(of: [TaskKey(inputID: "INP", scopeKey: "BTC")]) == [truth(0.5)])
      #expect(try await harness.store.truths(of: [TaskKey(inputID: "INP", scopeKey: "ETH")]) == [])
    }
  }

  @Test(
    "feed records are found by their time; a forming candle takes no closed one's place", arguments: StoreKind.allCases)
  func records(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let start = Timestamp(seconds: 1_771_000_020)
      func candle(_ minute: Int, _ close: Double, closed: Bool) -> FeedRecord {
        FeedRecord(
          key: StoreHarness.feed, eventTime: start.adding(seconds: 60 * minute),
          ingestedTime: start.adding(seconds: 60 * minute), values: ["close": .double(close)],
          meta: ["closed": .bool(closed)])
      }
      try await harness.ingest([candle(0, 1, closed: true), candle(2, 3, closed: false), candle(1, 2, closed: true)])
      try await harness.ingest([candle(0, 9, closed: false), candle(2, 4, closed: true)])
      let store = harness.store
      let all = try await store.records(
        of: StoreHarness.feed, from: start, through: start.adding(seconds: 120), limit: 10)
      #expect(all == [candle(0, 1, closed: true), candle(1, 2, closed: true), candle(2, 4, closed: true)])
      #expect(try await store.newestRecord(of: StoreHarness.feed) == all[2])
      #expect(try await store.firstRecord(of: StoreHarness.feed, after: start) == all[1])
      #expect(try await store.firstRecord(of: StoreHarness.feed, after: all[2].eventTime) == nil)
    }
  }

  @Test("buckets seal in order of time, once each; one that has not ended does not", arguments: StoreKind.allCases)
  func sealOrder(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let first = try await harness.minute(ago: 10)
      try await harness.addScore("p3", due: first.adding(seconds: 120), value: 3)
      try await harness.addScore("p1", due: first, value: 1)
      try await harness.addScore("p2", due: first.adding(seconds: 59), value: 2)
      try await harness.addScore("p4", due: harness.store.now().adding(seconds: 3_600))
      let open = try await harness.store.unsealedBuckets()
      #expect(open.prefix(2) == [first, first.adding(seconds: 120)] && open.count == 3)
      #expect(try await harness.seal(atMost: 1) == [first])
      #expect(try await harness.seal() == [first.adding(seconds: 120)])
      #expect(try await harness.seal() == [])
      #expect(try await harness.store.unsealedBuckets() == open.suffix(1))
      let sealed = try await harness.store.snapshots(since: first)
      #expect(sealed.map(\.predictionCount) == [2, 1])
      #expect(sealed.map { $0.resultSummary["value"]?.number } == [1.5, 3])
    }
  }

  @Test("a bucket waits for what may still come into it, and for nothing later", arguments: StoreKind.allCases)
  func sealReadiness(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let start = try await harness.minute(ago: 10)
      try await harness.addScore("p", due: start)
      try await harness.record([
        StoreHarness.prediction("inside", due: start.adding(seconds: 59)),
        StoreHarness.prediction("next", due: start.adding(seconds: 60)),
      ])
      #expect(try await harness.seal() == [])
      try await harness.store.failPredictions(["inside"], reason: "no")
      let now = try await harness.store.now()
      let slot = StoreHarness.slot(due: start.adding(seconds: 30), config: "open", deadline: now)
      try await harness.open(slot)
      #expect(try await harness.seal() == [])
      try await harness.answer(slot)
      #expect(try await harness.seal() == [start])
    }
  }

  @Test(
    "a score that comes after the seal counts in the first bucket that is not sealed", arguments: StoreKind.allCases)
  func lateScore(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let start = try await harness.minute(ago: 10)
      try await harness.addScore("p", due: start, value: 1)
      try await harness.record([StoreHarness.prediction("open", due: start.adding(seconds: 200))])
      #expect(try await harness.seal() == [start])
      let sealed = try await harness.store.snapshots(since: start)
      // The mark has moved on to the bucket of the open one.
      let late = try await harness.addScore("late", due: start.adding(seconds: 1), value: 5)
      #expect(late == ScoreCommit(scored: [TaskKey(inputID: "INP", scopeKey: "late"): [start.adding(seconds: 180): 1]]))
      #expect(try await harness.store.snapshots(since: start) == sealed)
      try await harness.store.failPredictions(["open"], reason: "no")
      #expect(try await harness.seal() == [start.adding(seconds: 180)])
      #expect(try await harness.store.snapshots(since: start).map(\.predictionCount) == [1, 1])
    }
  }

  @Test(
    "provisional snapshots are replaced while the bucket is open; a sealed one stays", arguments: StoreKind.allCases)
  func provisional(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let start = try await harness.minute(ago: 10)
      try await harness.addScore("p", due: start, value: 1)
      func snapshots(_ values: [String: Double]) -> [Snapshot] {
        StoreHarness.snapshots(
          of: values.sorted { $0.key < $1.key }.map {
            BucketScores(modelID: $0.key, results: [["value": .double($0.value)]])
          }, from: start)
      }
      let store = harness.store
      _ = try await store.replaceProvisional(snapshots(["a": 7, "b": 7]), periodStart: start, claim: nil)
      _ = try await store.replaceProvisional(snapshots(["a": 8]), periodStart: start, claim: nil)
      #expect(try await store.snapshots(since: start) == snapshots(["a": 8]))
      #expect(try await harness.seal() == [start])
      let sealed = try await store.snapshots(since: start)
      #expect(sealed.withoutMeta == snapshots(["a": 1]))
      #expect(sealed.allSatisfy { $0.evidenceDigest?.count == 64 })
      _ = try await store.replaceProvisional(snapshots(["a": 9, "b": 9]), periodStart: start, claim: nil)
      _ = try await store.replaceProvisional([], periodStart: start, claim: nil)
      #expect(try await store.snapshots(since: start) == sealed)
      #expect(try await store.newestSnapshotsOfSilentModels(before: store.now()) == sealed)
    }
  }

  @Test(
    "what a leader does to buckets rests on its lease: one that lost it changes nothing", arguments: StoreKind.allCases)
  func fencedBuckets(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let start = try await harness.minute(ago: 10)
      try await harness.addScore("p", due: start.adding(seconds: 65), value: 1)
      let store = harness.store
      let (old, new) = (LeaseClaim(name: "lead", holder: "old"), LeaseClaim(name: "lead", holder: "new"))
      #expect(try await store.acquireLease(name: "lead", holder: "new", seconds: 600))
      func snapshots(_ value: Double) -> [Snapshot] {
        StoreHarness.snapshots(
          of: [BucketScores(modelID: "a", results: [["value": .double(value)]])], from: start.adding(seconds: 60))
      }
      let bucket = start.adding(seconds: 60)
      #expect(try await store.replaceProvisional(snapshots(7), periodStart: bucket, claim: new))
      #expect(try await !store.replaceProvisional(snapshots(8), periodStart: bucket, claim: old))
      #expect(try await !store.replaceProvisional([], periodStart: bucket, claim: old))
      #expect(try await !store.rebucket(bucketSeconds: 7, claim: old))
      #expect(try await harness.seal(claim: old) == [])
      #expect(try await store.snapshots(since: start) == snapshots(7))
      #expect(try await store.unsealedBuckets() == [bucket])
      #expect(try await store.rebucket(bucketSeconds: 7, claim: new))
      #expect(try await store.unsealedBuckets() == [bucket.floored(toSeconds: 7)])
      #expect(try await store.snapshots(since: start) == [])
    }
  }

  @Test("the sweep's mark stays below what is unfinished, and a late insert lowers it", arguments: StoreKind.allCases)
  func sweepMark(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let store = harness.store
      let old = try await harness.minute(ago: 10)
      #expect(try await store.lowWater() == nil)
      try await harness.record([StoreHarness.prediction("open", due: old)])
      try await store.raiseLowWater(from: nil, to: old.adding(seconds: 60))
      #expect(try await store.lowWater() == old.adding(seconds: -0.000_001))
      // Somebody who read another mark changes nothing.
      try await store.raiseLowWater(from: nil, to: old.adding(seconds: -60))
      #expect(try await store.lowWater() == old.adding(seconds: -0.000_001))
      try await store.failPredictions(["open"], reason: "no")
      try await store.raiseLowWater(from: old.adding(seconds: -0.000_001), to: old.adding(seconds: 60))
      #expect(try await store.lowWater() == old.adding(seconds: 60))
      try await harness.record([StoreHarness.prediction("late", due: old.adding(seconds: 30))])
      #expect(try await store.lowWater() == old.adding(seconds: 29.999_999))
      try await store.failPredictions(["late"], reason: "no")
      // Never within two minutes of now.
      let mark = try await store.lowWater()
      try await store.raiseLowWater(from: mark, to: store.now())
      let raised = try #require(await store.lowWater())
      #expect(try await store.now().seconds(since: raised) >= 120)
    }
  }

  @Test("a lease is one holder's until it is let go", arguments: StoreKind.allCases)
  func leases(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let store = harness.store
      #expect(try await store.acquireLease(name: "lead", holder: "a", seconds: 600))
      #expect(try await !store.acquireLease(name: "lead", holder: "b", seconds: 600))
      #expect(try await store.acquireLease(name: "lead", holder: "a", seconds: 600))
      try await store.releaseLease(name: "lead", holder: "b")
      #expect(try await !store.acquireLease(name: "lead", holder: "b", seconds: 600))
      try await store.releaseLease(name: "lead", holder: "a")
      #expect(try await store.acquireLease(name: "lead", holder: "b", seconds: -1))
      // One that has run out is free.
      #expect(try await store.acquireLease(name: "lead", holder: "a", seconds: 600))
    }
  }

  @Test(
    "a task that is given up ends its predictions with the cause; what is paused is known",
    arguments: StoreKind.allCases)
  func bury(kind: StoreKind) async throws {
    try await StoreHarness.with(kind) { harness in
      let due = try await harness.minute(ago: 10)
      try await harness.record([
        StoreHarness.prediction("p1", due: due, scopeKey: "BTC"), StoreHarness.prediction("p2", due: due),
      ])
      let letter = NewDeadLetter(
        stream: "predictions.pending", entryID: "1-1", kind: "worker", cause: "it ends workers", fields: [],
        deliveries: 9, worker: "w")
      let task = TaskKey(inputID: "INP", scopeKey: "BTC")
      try await harness.store.buryTask(letter, task: task)
      try await harness.store.buryTask(letter, task: task)
      #expect(try await harness.store.pendingPredictions(of: [task], limitPerTask: 9) == [])
      let other = TaskKey(inputID: "INP", scopeKey: "p2")
      #expect(try await harness.store.pendingPredictions(of: [other], limitPerTask: 9).map(\.id) == ["p2"])
      #expect(try await harness.store.pausedStreams() == [])
      try await harness.pause("predictions.pending")
      #expect(try await harness.store.pausedStreams() == ["predictions.pending"])
    }
  }
}
