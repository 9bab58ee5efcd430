import Competition
import Store

/// Answers over ranges that hold very much, kept for a moment: dashboards ask again every few seconds for a range that has
/// moved on by as much. One is kept for ten times as long as it took to make, 10 s at most, and stands for ranges whose
/// ends differ from its own by no more than that; those who ask while one is made anew wait for it together. Answers that
/// are not dear are always made anew.
actor DearAnswers<Question: Hashable & Sendable, Value: Sendable> {
  private struct Kept {
    var range: ReportRange
    var until: ContinuousClock.Instant
    var value: Value
  }

  private var kept: [Question: Kept] = [:]
  private var running: [Question: (range: ReportRange, task: Task<Value, any Error>)] = [:]

  private static var longest: Duration { .seconds(10) }
  private static var tolerance: Double { 10 }
  /// Answers that are kept.
  private let most: Int

  init(most: Int) { self.most = most }

  func value(
    of question: Question, over range: ReportRange, isDear: @escaping @Sendable (Value) -> Bool,
    _ make: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    guard let known = kept[question], Self.isNear(known.range, range) else {
      return try await renew(question, range, isDear, make)
    }
    if ContinuousClock.now < known.until { return known.value }
    // It was dear, and will be again: one for all.
    if let running = running[question], Self.isNear(running.range, range) { return try await running.task.value }
    let task = Task { try await self.renew(question, range, isDear, make) }
    running[question] = (range, task)
    defer { running[question] = nil }
    return try await task.value
  }

  private func renew(
    _ question: Question, _ range: ReportRange, _ isDear: @Sendable (Value) -> Bool,
    _ make: @Sendable () async throws -> Value
  ) async throws -> Value {
    let start = ContinuousClock.now
    let value = try await make()
    let cost = start.duration(to: .now)
    kept[question] = nil
    guard isDear(value) else { return value }
    if kept.count >= most { kept = kept.filter { ContinuousClock.now < $0.value.until } }
    if kept.count < most {
      kept[question] = Kept(range: range, until: .now + min(cost * 10, Self.longest), value: value)
    }
    return value
  }

  private static func isNear(_ one: ReportRange, _ other: ReportRange) -> Bool {
    abs(one.start.seconds(since: other.start)) <= tolerance && abs(one.end.seconds(since: other.end)) <= tolerance
  }
}
