import Competition
import Logging
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

      let snapshots = try #require(await bench.buckets.refresh(bench.minute(1)))
      #expect(snapshots.map(\.modelID) == ["a", "c"])
      #expect(snapshots.map { $0.resultSummary["value"]?.number } == [1, 2])
    }
  }

  @Test("the wait for a process that is free is not counted as time of the function")
  func wait() async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let queued = QueuedFunction()
    let waiting = ScoringCall(function: queued, timeout: .milliseconds(20), logger: logger)
    async let outcomes = waiting.outcomes(of: [["value": 1]], truth: [:], scope: [:])
    // Longer than the function may take, by the same clock.
    let hanging = ScoringCall(function: HangingFunction(at: 1), timeout: .milliseconds(40), logger: logger)
    let late = try await hanging.outcomes(of: [["value": 1]], truth: [:], scope: [:])
    #expect(late.first.map { if case .failed(_, .timedOut) = $0 { true } else { false } } == true)
    await queued.open()
    #expect(try await outcomes == [.scored(["value": 1])])
  }

  @Test("what raised is asked once more, alone, and what passes then counts")
  func secondTry() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let task = try await bench.addTask(answers: ["a": 1, "b": -1, "c": -2])
      let function = MoodyFunction { value, turn in
        switch value {
        case -1 where turn == 1: .failed("raised once", kind: .raised)
        case -2: .failed("raised \(turn) times", kind: .raised)
        default: .scored(["value": .double(value)])
        }
      }
      _ = try await bench.scorer(function).handle([task])
      #expect(function.calls.map { Set($0) } == [[1, -1, -2], [-1, -2]])
      #expect(try await bench.ending(of: "INP-b").value == -1)
      #expect(try await bench.ending(of: "INP-c").scoreReason == "raised 2 times")
      #expect(try await bench.ending(of: "INP-a").value == 1)
    }
  }

  @Test(
    "of a task of 1,000 predictions the one whose scoring hangs fails alone, the others are scored in the same pass")
  func hangs() async throws {
    let models = (0..<1_000).map { "m\($0)" }
    try await ScoreBench.with(models: models) { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let answers = Dictionary(uniqueKeysWithValues: models.enumerated().map { ($1, Double($0)) })
      let task = try await bench.addTask(answers: answers)
      let scorer = bench.scorer(HangingFunction(at: 613), timeout: .milliseconds(50))
      #expect(try await scorer.handle([task]).predictions == 1_000)
      let bad = try await bench.ending(of: "INP-m613")
      #expect(bad.success == false)
      #expect(try #require(bad.scoreReason).contains("did not answer"))
      #expect(try await bench.count("SELECT count(*) FROM scores WHERE success") == 999)
    }
  }

  @Test("a function that answers another number of results fails, and nothing is mixed up")
  func wrongCount() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let task = try await bench.addTask(answers: ["a": 1, "b": 2])
      _ = try await bench.scorer(ShortFunction()).handle([task])
      for id in ["INP-a", "INP-b"] {
        #expect(try await bench.ending(of: id).scoreReason == "the scoring function answered 1 results for 2 outputs")
      }
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
