import Callables
import Competition
import Foundation
import Logging

// How many predictions a second each kind of scoring function scores: a built-in one and one of a dynamic library with one
// caller, and one in Python with as many callers as processes. All are the same function, asked in batches as a worker asks.
// Every result is checked against the built-in one's; a difference ends the benchmark without a figure. After them: how
// long it takes to compare 1,000 models with each other.
//
//   CallableBench LIBRARY.so PYTHON_MODULE:CALLABLE      MODEL_PYTHON and PYTHONPATH as for a worker

guard CommandLine.arguments.count == 3 else {
  FileHandle.standardError.write(Data("usage: CallableBench LIBRARY.so MODULE:CALLABLE\n".utf8))
  exit(64)
}
let environment = ProcessInfo.processInfo.environment
let logger = Logger(label: "bench")
let truth: JSONObject = ["profit": 0.0125, "return": 0.0125, "direction_up": true]
let scope: JSONObject = ["subject": "BTC", "horizon_seconds": 60]

struct Contestant {
  var name: String
  var reference: CallableReference
  var batch: Int
  var callers = 1
  var seconds = 1.0
  /// Predictions a second that are wanted, if any.
  var wanted: Double?
}

@Sendable func outputs(_ count: Int) -> [JSONObject] {
  (0..<count).map { ["value": .double(Double(($0 * 37) % 201 - 100) / 100), "note": .string("prediction \($0)")] }
}

func rate(of function: any ScoringFunction, _ contestant: Contestant) async throws -> Double {
  try await withThrowingTaskGroup(of: Double.self) { callers in
    for _ in 0..<contestant.callers { callers.addTask { try await ask(function, contestant) } }
    return try await callers.reduce(0, +)
  }
}

@Sendable func ask(_ function: any ScoringFunction, _ contestant: Contestant) async throws -> Double {
  let asked = outputs(contestant.batch)
  let expected = await DirectionalScore().score(outputs: asked, truth: truth, scope: scope).map(\.number)
  let shown = asked.enumerated().map { function.shown($1, modelID: "model-\($0)", predictionID: "PRE_\($0)") }
  var done = 0
  let started = ContinuousClock.now
  while ContinuousClock.now - started < .seconds(contestant.seconds) {
    for _ in 0..<max(1, 10_000 / contestant.batch) {
      let outcomes = await function.score(outputs: shown, truth: truth, scope: scope)
      guard outcomes.map(\.number) == expected else {
        throw CallableFault(contestant.name, "gave other scores than the built-in function", hint: "no figure")
      }
      done += outcomes.count
    }
  }
  return Double(done) / ((ContinuousClock.now - started) / .seconds(1))
}

extension ScoringOutcome {
  var number: Double? { if case .scored(let result) = self { result["value"]?.number } else { nil } }
}

let library = try CallableReference("lib:\(CommandLine.arguments[1])#score")
let python = try CallableReference(CommandLine.arguments[2])
let contestants = [1_000, 100].flatMap { batch in
  [
    Contestant(name: "built-in", reference: .builtin(.directional), batch: batch, wanted: 1_000_000),
    Contestant(name: "library in C", reference: library, batch: batch, wanted: 500_000),
    Contestant(name: "Python, 1 process", reference: python, batch: batch, seconds: 2),
    Contestant(name: "Python, 2 processes", reference: python, batch: batch, callers: 2, seconds: 2, wanted: 150_000),
  ]
}
var isHeld = true
print("predictions a second: median of 5 (range), the check of every result included")
for contestant in contestants {
  let limits = PythonLimits(interpreter: environment["MODEL_PYTHON"] ?? "python3", processes: contestant.callers)
  let function = try await ScoringSource(contestant.reference, python: limits).load(logger: logger)
  var rates: [Double] = []
  for _ in 0..<5 { rates.append(try await rate(of: function, contestant)) }
  rates.sort()
  let figures = rates.map { Int($0).formatted() }
  if let wanted = contestant.wanted, rates[2] < wanted { isHeld = false }
  let verdict = contestant.wanted.map {
    "; wanted \(Int($0).formatted()): \(rates[2] >= $0 ? "met" : "MISSED")"
  }
  print(
    "\(contestant.name), batches of \(contestant.batch): \(figures[2]) (\(figures[0]) to \(figures[4]))"
      + (verdict ?? ""))
}
for comparison in ModelComparison.cases where try !comparison.isHeld() { isHeld = false }
exit(isHeld ? 0 : 1)
