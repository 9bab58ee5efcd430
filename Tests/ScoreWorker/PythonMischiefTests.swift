import Callables
import Competition
import Foundation
import Logging
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("A scoring function in Python that does wrong on one prediction in a thousand", .timeLimit(.minutes(3)))
struct PythonMischiefTests {
  private static let module = """
    import os, sys, time

    def score(prediction, ground_truth):
        if prediction.model_id == "m613":
            kind = os.environ["MISCHIEF"]
            if kind == "raise":
                raise ValueError("not this one")
            if kind == "exit":
                sys.exit(3)
            if kind == "crash":
                os._exit(7)
            if kind == "hang":
                time.sleep(600)
            if kind == "eat":
                return {"value": len(bytearray(1 << 40))}
        return {"value": prediction.value * ground_truth.profit}
    """

  @Test(
    "costs that prediction alone: all others have their scores, and all are ended",
    arguments: [
      ("raise", "ValueError: not this one"), ("exit", "SystemExit: 3"), ("crash", "ended"), ("hang", "within"),
      ("eat", "MemoryError"),
    ])
  func one(kind: String, reason: String) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.module.write(to: folder.appending(path: "mine.py"), atomically: true, encoding: .utf8)
    let function = try await ScoringSource(
      .python(module: "mine", callable: "score"),
      python: PythonLimits(
        processes: 1, memoryBytes: 512 << 20, batchLimit: .seconds(4), aloneLimit: .seconds(1),
        environment: ["PYTHONPATH": folder.path, "MISCHIEF": kind])
    ).load(logger: Logger(label: "test"))
    let models = (0..<1_000).map { "m\($0)" }
    try await ScoreBench.with(models: models) { bench in
      for minute in 0...1 { try await bench.price(100 + Double(minute), at: minute) }
      let task = try await bench.addTask(
        answers: Dictionary(
          models.map { ($0, Double($0.utf8.last ?? 0) / 100) }, uniquingKeysWith: { first, _ in first }))
      _ = try await bench.scorer(function).handle([task])
      let rows = try await bench.store.pool.query(
        """
        SELECT count(*) FILTER (WHERE s.success), count(*) FILTER (WHERE p.status = 'SCORED'), count(*)
        FROM predictions p LEFT JOIN scores s ON s.prediction_id = p.id
        """)
      #expect(try rows[0].int(0) == 999 && rows[0].int(1) == 1_000 && rows[0].int(2) == 1_000)
      let failed = try await bench.store.pool.query(
        "SELECT prediction_id, failed_reason FROM scores WHERE NOT success")
      #expect(failed.count == 1)
      let (id, why) = (try failed[0].text(0), try failed[0].text(1))
      #expect(id == "INP-m613" && why.contains(reason), "\(id): \(why)")
    }
  }
}
