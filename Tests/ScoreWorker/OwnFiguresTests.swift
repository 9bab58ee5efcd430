import Callables
import Competition
import Foundation
import Logging
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("Metrics and ensembles of buckets, by functions of the competition", .timeLimit(.minutes(3)))
struct OwnFiguresTests {
  private static let module = """
    import os, time

    def edge(predictions, scores, context):
        return sum(score["value"] for score in scores) / len(scores) if scores else None

    def moody(predictions, scores, context):
        if context.model_id == "b":
            raise ValueError("not b")
        return edge(predictions, scores, context)

    def hangs(predictions, scores, context):
        if "probe" not in context.model_id:
            time.sleep(600)
        return edge(predictions, scores, context)

    def by_edge(model_metrics, predictions):
        return {model: 1.0 + max(0.0, metrics.get("edge", 0.0)) for model, metrics in model_metrics.items()}

    def refuses(model_metrics, predictions):
        if "a" in predictions:
            raise RuntimeError("not today")
        return {model: 1.0 for model in predictions}
    """

  private func functions(_ contract: CrunchContract) async throws -> FigureFunctions {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.module.write(to: folder.appending(path: "mine.py"), atomically: true, encoding: .utf8)
    return try await FigureFunctions(
      of: contract,
      limits: PythonLimits(
        processes: 1, batchLimit: .seconds(4), aloneLimit: .seconds(1), environment: ["PYTHONPATH": folder.path]),
      logger: Logger(label: "test"))
  }

  private func sealed(_ contract: CrunchContract, _ bench: ScoreBench) async throws -> [SealedBucket] {
    for minute in 0...8 { try await bench.price(100 + Double((minute * minute) % 7), at: minute) }
    for minute in 0..<4 {
      let task = try await bench.addTask(
        "I\(minute)", at: bench.minute(minute),
        answers: ["a": Double(minute) / 4, "b": 0.3 - Double(minute) / 9, "c": 0.5])
      _ = try await bench.scorer().handle([task])
    }
    let keeper = BucketKeeper(
      store: bench.store, bucketSeconds: 60,
      contracts: bench.contracts(contract, figures: try await functions(contract)), logger: bench.logger)
    return try await keeper.sealDue()
  }

  private static func own(_ name: String) -> MetricReference { .python(module: "mine", callable: name) }

  @Test("snapshots carry them beside the built-in ones, and an ensemble weighs by what its strategy says")
  func whole() async throws {
    try await ScoreBench.with { bench in
      let contract = CrunchContract(
        metrics: ["hit_rate", "edge"], metricFunctions: ["edge": Self.own("edge")],
        ensembles: [Ensemble(name: "main", strategy: .python(module: "mine", callable: "by_edge"))])
      let buckets = try await sealed(contract, bench)
      #expect(buckets.count == 4)
      let last = try #require(buckets.last?.snapshots)
      #expect(last.map(\.modelID) == ["a", "b", "c", "__ensemble_main__"])
      #expect(last.allSatisfy { $0.resultSummary["edge"] != nil && $0.resultSummary["hit_rate"] != nil }, "\(last)")
      let answers = try await bench.store.scores.answers(from: bench.start, before: bench.minute(9))
      // Over the window, not over the bucket.
      let scores = answers.filter { $0.prediction.modelID == "a" }.compactMap { $0.result?["value"]?.number }
      let edge = try #require(last[0].resultSummary["edge"]?.number)
      #expect(abs(edge - scores.reduce(0, +) / 4) < 1e-12)
      let virtual = try #require(answers.last { EnsembleName.isVirtual($0.prediction.modelID) })
      let members = answers.filter { $0.key == virtual.key && !EnsembleName.isVirtual($0.prediction.modelID) }
      let before = try #require(buckets.dropLast().last?.snapshots)
      var (total, weights) = (0.0, 0.0)
      for member in members {
        let metric = before.first { $0.modelID == member.prediction.modelID }?.resultSummary["edge"]?.number ?? 0
        total += (1 + max(0, metric)) * (member.prediction.output["value"]?.number ?? 0)
        weights += 1 + max(0, metric)
      }
      let value = try #require(virtual.prediction.output["value"]?.number)
      #expect(abs(value - total / weights) < 1e-12)
    }
  }

  @Test("one that raises or hangs costs its own figure, which the snapshot says, and never the seal")
  func broken() async throws {
    try await ScoreBench.with { bench in
      let contract = CrunchContract(
        metrics: ["hit_rate", "moody", "hangs"],
        metricFunctions: ["moody": Self.own("moody"), "hangs": Self.own("hangs")],
        ensembles: [
          Ensemble(name: "main"), Ensemble(name: "off", strategy: .python(module: "mine", callable: "refuses")),
        ])
      let buckets = try await sealed(contract, bench)
      #expect(buckets.count == 4)
      let stored = try await bench.store.snapshots.all(since: bench.start)
      #expect(Set(stored.map(\.modelID)) == ["a", "b", "c", "__ensemble_main__"])
      for snapshot in stored {
        let failures = snapshot.meta[Snapshot.metricFailuresKey]?.object ?? [:]
        #expect(snapshot.resultSummary["hangs"] == nil && failures["hangs"] != nil, "\(snapshot)")
        #expect(snapshot.resultSummary["hit_rate"] != nil)
        let isMoody = snapshot.modelID == "b"
        #expect((snapshot.resultSummary["moody"] == nil) == isMoody)
        #expect(failures["moody"]?.string?.contains("ValueError: not b") == (isMoody ? true : nil))
      }
    }
  }
}
