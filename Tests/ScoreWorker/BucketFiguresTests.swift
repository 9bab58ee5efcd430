import Competition
import Store
import Synchronization
import TestKit
import Testing

@testable import ScoreWorker

@Suite("Metrics and ensembles of buckets", .timeLimit(.minutes(3)))
struct BucketFiguresTests {
  private static let contract = CrunchContract(
    metrics: ["ic", "hit_rate", "model_correlation", "ensemble_correlation", "contribution"],
    ensembles: [Ensemble(name: "main"), Ensemble(name: "off", isEnabled: false)])

  private func keeper(_ bench: ScoreBench, windowSeconds: Int = 3_600) -> BucketKeeper {
    var contract = Self.contract
    contract.metricsWindowSeconds = windowSeconds
    return BucketKeeper(
      store: bench.store, bucketSeconds: 60, contracts: bench.contracts(contract), logger: bench.logger)
  }

  /// Three tasks in each of six minutes; what the models say differs, and so do the prices.
  private func scored(_ bench: ScoreBench) async throws {
    for minute in 0...12 { try await bench.price(100 + Double((minute * minute) % 7), at: minute) }
    for minute in 0..<6 {
      for part in 0..<3 {
        let swing = Double((minute * 5 + part * 3) % 7) / 7 - 0.4
        let task = try await bench.addTask(
          "I\(minute)-\(part)", at: bench.minute(minute).adding(seconds: Double(part * 20)),
          answers: ["a": swing, "b": 0.3 - swing * swing, "c": Double(part) / 4])
        _ = try await bench.scorer().handle([task])
      }
    }
  }

  @Test("snapshots carry the contract's metrics, and each ensemble predicts what the bucket's models did")
  func whole() async throws {
    try await ScoreBench.with { bench in
      try await scored(bench)
      let sealed = try await keeper(bench).sealDue()
      #expect(sealed.count == 6)
      let last = try #require(sealed.last?.snapshots)
      #expect(last.map(\.modelID) == ["a", "b", "c", "__ensemble_main__"])
      for snapshot in last.dropLast() {
        for metric in Self.contract.metrics {
          #expect(snapshot.resultSummary[metric]?.number != nil, "\(metric) of \(snapshot.modelID)")
        }
      }
      let answers = try await bench.store.scores.answers(from: bench.start, before: bench.minute(20))
      let virtual = answers.filter { EnsembleName.isVirtual($0.prediction.modelID) }
      #expect(virtual.count == 18)
      for answer in virtual {
        // The members' times and truth.
        let members = answers.filter { $0.key == answer.key && !EnsembleName.isVirtual($0.prediction.modelID) }
        #expect(members.count == 3)
        #expect(members.allSatisfy { $0.prediction.resolvableAt == answer.prediction.resolvableAt })
        #expect(members.allSatisfy { $0.truth == answer.truth && $0.truth != nil })
      }
      // Before anything is known of the past all weigh the same.
      let first = try #require(virtual.first { $0.prediction.inputID == "I0-1" })
      let values = answers.filter { $0.key == first.key && $0.prediction.modelID != "__ensemble_main__" }
        .compactMap { $0.prediction.output["value"]?.number }
      let value = try #require(first.prediction.output["value"]?.number)
      #expect(abs(value - values.reduce(0, +) / 3) < 1e-12)
    }
  }

  @Test("a leader that begins in the middle, or looks at every step, makes the same snapshots")
  func reproducible() async throws {
    let texts = Mutex<[String]>([])
    for turn in 0..<3 {
      try await ScoreBench.with { bench in
        try await scored(bench)
        var keeper = keeper(bench, windowSeconds: 120)
        if turn == 1 {
          for minute in [6, 2, 4, 1, 3, 5] { _ = try await keeper.refresh(bench.minute(minute)) }
        }
        if turn == 2 {
          // The one before this one ended after it had sealed three.
          try await bench.store.pool.query("UPDATE predictions SET status = 'PENDING' WHERE id = 'I3-0-a'")
          #expect(try await keeper.sealDue().count == 3)
          try await bench.store.pool.query("UPDATE predictions SET status = 'SCORED' WHERE id = 'I3-0-a'")
          keeper = self.keeper(bench, windowSeconds: 120)
        }
        _ = try await keeper.sealDue()
        let snapshots = try await bench.store.snapshots.all(since: bench.start)
        #expect(snapshots.count == 24)
        // Each turn may begin in another minute.
        let text = snapshots.map { snapshot in
          "\(snapshot.modelID) \(snapshot.periodEnd.seconds(since: bench.start)) \(snapshot.predictionCount) "
            + JSON.object(snapshot.resultSummary).text
        }
        .joined(separator: "\n")
        texts.withLock { $0.append(text) }
      }
    }
    let made = texts.withLock { $0 }
    #expect(made[1] == made[0] && made[2] == made[0])
    #expect(made[0].contains("ensemble_correlation"))
  }

  @Test("a bucket whose scores change while its content is made is made anew, and each score counts once")
  func changedMeanwhile() async throws {
    try await ScoreBench.with { bench in
      for minute in 0...3 { try await bench.price(100 + Double(minute), at: minute) }
      let task = try await bench.addTask("I", answers: ["a": 0.5])
      _ = try await bench.scorer().handle([task])
      let late = try await bench.addTask("L", at: bench.start.adding(seconds: 5), answers: ["a": 0.1, "b": 0.7])
      // Nobody waits for it, so that the bucket seems ready.
      try await bench.store.pool.query("UPDATE predictions SET status = 'FAILED' WHERE input_id = 'L'")
      let sealed = try await bench.store.seals.sealDue(bucketSeconds: 60, atMost: 1) { scores, bucket in
        try await bench.store.pool.query("UPDATE predictions SET status = 'PENDING' WHERE input_id = 'L'")
        _ = try await bench.scorer().handle([late])
        return BucketContent(snapshots: await BucketKeeper.snapshots(of: scores, bucket))
      }
      #expect(sealed == [])
      let again = try await keeper(bench).sealDue()
      #expect(again.flatMap(\.snapshots).filter { $0.modelID == "a" }.map(\.predictionCount) == [2])
    }
  }

  @Test("an ensemble has no rank, is paid nothing, and stands after all models")
  func neverPaid() async throws {
    try await ScoreBench.with { bench in
      try await scored(bench)
      let sealed = try await keeper(bench).sealDue()
      var board = LeaderboardKeeper(Self.contract.aggregation)
      board.load(sealed.flatMap(\.snapshots), models: try await bench.store.allModels())
      let changed = board.changed(now: bench.minute(10), bucketSeconds: 60)
      let entries = try #require(changed).entries
      #expect(entries.compactMap { $0["rank"]?.int } == [1, 2, 3])
      #expect(entries.last?["model_id"] == "__ensemble_main__" && entries.last?["rank"] == nil)
      let checkpoint = CheckpointBuilder(Self.contract.aggregation, wallets: Wallets()).checkpoint(
        periodStart: bench.start, periodEnd: bench.minute(10), snapshots: sealed.flatMap(\.snapshots), models: [],
        createdAt: bench.minute(10))
      #expect(checkpoint.entries.first?["cruncher_rewards"]?.array?.count == 3)
    }
  }
}
