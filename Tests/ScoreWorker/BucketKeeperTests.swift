import Competition
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("Snapshots of buckets", .timeLimit(.minutes(3)))
struct BucketKeeperTests {
  /// Tasks at the given minutes, each model answering with the minute as its value.
  private func scored(_ bench: ScoreBench, minutes: [Int], models: [String] = ["a", "b"]) async throws {
    for minute in 0...20 { try await bench.price(100, at: minute) }
    var tasks: [Int: [String: Double]] = [:]
    for minute in minutes { tasks[minute] = Dictionary(models.map { ($0, Double(minute)) }) { first, _ in first } }
    let function = FunctionStub { .scored(["value": .double($0)]) }
    for (minute, answers) in tasks {
      let task = try await bench.addTask("I\(minute)", at: bench.minute(minute), answers: answers)
      _ = try await bench.scorer(function).handle([task])
    }
  }

  @Test("the snapshots of a bucket follow from its scores alone, with the bucket's times")
  func pure() async {
    let start = Timestamp(seconds: 1_771_000_020)
    let scores = [
      BucketScores(modelID: "a", results: [["value": 1, "direction_correct": true], ["value": 2]]),
      BucketScores(modelID: "b", results: [["value": 5]]),
    ]
    let bucket = Bucket(start: start, seconds: 60)
    let snapshots = await BucketKeeper.snapshots(of: scores, bucket)
    let again = await BucketKeeper.snapshots(of: scores, bucket)
    #expect(snapshots == again)
    #expect(snapshots.map(\.modelID) == ["a", "b"])
    #expect(snapshots.map(\.predictionCount) == [2, 1])
    #expect(snapshots.map(\.resultSummary) == [["value": 1.5], ["value": 5.0]])
    for snapshot in snapshots {
      #expect(snapshot.periodStart == start)
      #expect(snapshot.periodEnd == start.adding(seconds: 60))
      #expect(snapshot.createdAt == start.adding(seconds: 60))
    }
    #expect(snapshots.map(\.id) == ["SNAP_a_20260213_162800", "SNAP_b_20260213_162800"])
  }

  @Test("an open bucket has provisional snapshots, which are the same however often they are made")
  func provisional() async throws {
    try await ScoreBench.with { bench in
      try await scored(bench, minutes: [0])
      let first = try #require(await bench.buckets.refresh(bench.minute(1)))
      #expect(try await bench.buckets.refresh(bench.minute(1)) == first)
      #expect(try await bench.store.snapshots.all(since: bench.start) == first)
      #expect(try await bench.snapshots() == first.map { $0.id + " provisional" }.sorted())
    }
  }

  @Test("buckets seal in order up to the first that something may still come into")
  func seal() async throws {
    try await ScoreBench.with { bench in
      try await scored(bench, minutes: [0, 2, 4, 6])
      try await bench.addTask("open", at: bench.minute(4).adding(seconds: 30), answers: ["c": 1])
      _ = try await bench.buckets.refresh(bench.minute(1))
      let sealed = try await bench.buckets.sealDue()
      #expect(sealed.map(\.periodStart) == [bench.minute(1), bench.minute(3)])
      #expect(sealed.flatMap { $0.snapshots.map(\.predictionCount) } == [1, 1, 1, 1])
      #expect(try await bench.buckets.sealDue().isEmpty)
      #expect(try await bench.snapshots().allSatisfy { $0.hasSuffix(" sealed") })

      _ = try await bench.store.predictions.fail(["open-c"], reason: "late")
      #expect(try await bench.buckets.sealDue().map(\.periodStart) == [bench.minute(5), bench.minute(7)])
    }
  }

  @Test("workers that seal at the same time seal each bucket once, and each score counts once")
  func concurrent() async throws {
    try await ScoreBench.with { bench in
      try await scored(bench, minutes: Array(0..<12))
      let sealed = try await withThrowingTaskGroup(of: [SealedBucket].self) { group in
        for _ in 0..<3 {
          let keeper = BucketKeeper(
            store: Store(bench.database.configuration, connections: 1), bucketSeconds: 60,
            contracts: bench.contracts(.default), logger: bench.logger)
          group.addTask { try await keeper.sealDue() }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      let starts = sealed.map(\.periodStart)
      #expect(Set(starts).count == starts.count)
      // Who lost a race may have stopped early; one more look finishes what is left.
      let rest = try await bench.buckets.sealDue()
      #expect(starts.count + rest.count == 12)
      let counts = try await bench.store.snapshots.all(since: bench.start).reduce(0) { $0 + $1.predictionCount }
      #expect(counts == 24)
    }
  }

  @Test("batches, order and workers leave no trace in a sealed snapshot")
  func reproducible() async throws {
    var texts: Set<String> = []
    for turn in 0..<2 {
      let text = try await ScoreBenchText.make { bench in
        for minute in 0...3 { try await bench.price(100 + Double(minute), at: minute) }
        var tasks = [
          try await bench.addTask("I0", answers: ["a": 0.1, "b": 0.7]),
          try await bench.addTask("I1", at: bench.start.adding(seconds: 7), answers: ["a": 0.2, "b": -0.3]),
          try await bench.addTask("I2", at: bench.start.adding(seconds: 33), answers: ["a": 0.3]),
        ]
        if turn == 1 {
          tasks.reverse()
          for task in tasks {
            _ = try await bench.scorer().handle([task])
            _ = try await bench.buckets.refresh(bench.minute(1))
          }
        } else {
          _ = try await bench.scorer().handle(tasks)
        }
        return try await bench.buckets.sealDue().flatMap(\.snapshots).map {
          "\($0.modelID) \($0.predictionCount) \(JSON.object($0.resultSummary).text)"
        }.joined(separator: "\n")
      }
      texts.insert(text)
    }
    #expect(texts.count == 1)
    #expect(texts.first?.contains("a 3 ") == true)
  }
}

/// What a body makes of a bench of its own.
private actor ScoreBenchText {
  private var text = ""

  private func set(_ text: String) { self.text = text }

  static func make(_ body: @Sendable @escaping (ScoreBench) async throws -> String) async throws -> String {
    let holder = ScoreBenchText()
    try await ScoreBench.with { bench in await holder.set(try await body(bench)) }
    return await holder.text
  }
}
