import Competition
import TestKit
import Testing

@testable import ScoreWorker

@Suite("Scoring functions that fail", .timeLimit(.minutes(3)))
struct FailedScoreTests {
  /// What a function may do to the outputs that are negative.
  enum Misbehaviour: String, CaseIterable, CustomTestStringConvertible {
    case fails, answersNaN, answersInfinity, answersNoValue, answersText, hidesInfinity
    var testDescription: String { rawValue }

    var outcome: ScoringOutcome {
      switch self {
      case .fails: .failed("raised ValueError")
      case .answersNaN: .scored(["value": .double(.nan)])
      case .answersInfinity: .scored(["value": .double(-.infinity)])
      case .answersNoValue: .scored(["other": 1])
      case .answersText: .scored(["value": "0.5"])
      case .hidesInfinity: .scored(["value": 1, "detail": ["deep": [.double(.infinity)]]])
      }
    }
  }

  @Test(
    "a prediction that cannot be scored has a score that says so, enters no snapshot and harms no other",
    arguments: Misbehaviour.allCases)
  func isolated(misbehaviour: Misbehaviour) async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let task = try await bench.addTask(answers: ["a": 1, "b": -1, "c": 2])
      let function = FunctionStub { $0 < 0 ? misbehaviour.outcome : .scored(["value": .double($0)]) }
      _ = try await bench.scorer(function).handle([task])

      let bad = try await bench.ending(of: "INP-b")
      #expect(bad.status == "SCORED" && bad.success == false && bad.value == nil)
      #expect(try #require(bad.scoreReason).isEmpty == false)
      if misbehaviour == .fails { #expect(bad.scoreReason == "raised ValueError") }
      #expect(try await bench.ending(of: "INP-a").value == 1)
      #expect(try await bench.ending(of: "INP-c").value == 2)

      let snapshots = try await bench.buckets.refresh(bench.minute(1))
      #expect(snapshots.map(\.modelID) == ["a", "c"])
      #expect(snapshots.map { $0.resultSummary["value"]?.number } == [1, 2])
    }
  }

  @Test("the result that is stored for a failed score says so to readers of the original's column")
  func storedResult() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let task = try await bench.addTask()
      _ = try await bench.scorer(FunctionStub { _ in .failed("raised") }).handle([task])
      let rows = try await bench.store.pool.query(
        """
        SELECT id, result_jsonb -> 'value' = 'null', result_jsonb -> 'success' = 'false',
          result_jsonb ->> 'failed_reason'
        FROM scores
        """)
      #expect(try rows.map { try $0.text(0) } == ["SCR_INP-a"])
      #expect(try rows[0].bool(1) && rows[0].bool(2))
      #expect(try rows[0].text(3) == "raised")
    }
  }
}
