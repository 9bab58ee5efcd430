import Competition
import Synchronization

/// Answers for each output what a test says.
struct FunctionStub: ScoringFunction {
  var outcome: @Sendable (Double) -> ScoringOutcome

  func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    outputs.map { outcome($0["value"]?.number ?? .nan) }
  }
}

/// Answers by output and by how often it was called, and remembers what it was asked.
final class MoodyFunction: ScoringFunction {
  private let asked = Mutex<[[Double]]>([])
  private let outcome: @Sendable (_ value: Double, _ turn: Int) -> ScoringOutcome

  init(_ outcome: @escaping @Sendable (_ value: Double, _ turn: Int) -> ScoringOutcome) { self.outcome = outcome }

  var calls: [[Double]] { asked.withLock { $0 } }

  func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    let values = outputs.map { $0["value"]?.number ?? .nan }
    let turn = asked.withLock { asked in
      asked.append(values)
      return asked.count
    }
    return values.map { outcome($0, turn) }
  }
}

/// Does not answer as long as one value is among the outputs.
struct HangingFunction: ScoringFunction {
  let value: Double
  init(at value: Double) { self.value = value }

  func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    guard outputs.contains(where: { $0["value"]?.number == value }) else {
      return outputs.map { .scored(["value": $0["value"] ?? 0]) }
    }
    let (never, _) = AsyncStream<Void>.makeStream()
    for await _ in never {}
    return []
  }
}

/// Answers at once when its turn comes, which a test decides.
actor QueuedFunction: ScoringFunction {
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func open() {
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }

  private func turn() async {
    guard !isOpen else { return }
    await withCheckedContinuation { waiting.append($0) }
  }

  nonisolated func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    await turn()
    return outputs.map { _ in .scored(["value": 1]) }
  }

  nonisolated func inTurn<Answer: Sendable>(
    _ call: @Sendable (any ScoringFunction) async throws -> Answer
  ) async throws -> Answer {
    await turn()
    return try await call(self)
  }
}

/// Answers one result, however many outputs there are.
struct ShortFunction: ScoringFunction {
  func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    [.scored(["value": 1])]
  }
}

/// Answers when so many calls are under way at the same time.
actor MeetingFunction: ScoringFunction {
  private let size: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(of size: Int) { self.size = size }

  func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    await withCheckedContinuation { continuation in
      waiting.append(continuation)
      guard waiting.count == size else { return }
      for continuation in waiting { continuation.resume() }
      waiting = []
    }
    return outputs.map { _ in .scored(["value": 1]) }
  }
}
