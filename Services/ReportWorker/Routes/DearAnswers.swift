import Competition
import Store

/// Answers over ranges that hold very much, kept for a moment: dashboards ask again every few seconds for a range that has
/// moved on by as much. One is kept for ten times as long as it took to make, 10 s at most, and stands for ranges whose
/// ends differ from its own by no more than that; those who ask while one is made wait for it together. Answers that are not
/// dear are always made anew, also for those who waited: nobody gets what is older than their question.
actor DearAnswers<Question: Hashable & Sendable, Value: Sendable> {
  private struct Kept {
    var range: ReportRange
    var until: ContinuousClock.Instant
    var value: Value
  }

  private var kept: [Question: Kept] = [:]
  private var running: [Question: (range: ReportRange, task: Task<(value: Value, isDear: Bool), any Error>)] = [:]

  private static var longest: Duration { .seconds(10) }
  private static var tolerance: Double { 10 }
  /// Answers that are kept.
  private let most: Int

  init(most: Int) { self.most = most }

  func value(
    of question: Question, over range: ReportRange, isDear: @escaping @Sendable (Value) -> Bool,
    _ make: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    if let known = kept[question], Self.isNear(known.range, range), ContinuousClock.now < known.until {
      return known.value
    }
    if let running = running[question], Self.isNear(running.range, range) {
      let made = try await running.task.value
      return try await made.isDear ? made.value : renew(question, range, isDear, make).value
    }
    let task = Task { try await self.renew(question, range, isDear, make) }
    running[question] = (range, task)
    defer { if running[question]?.task == task { running[question] = nil } }
    return try await task.value.value
  }

  private func renew(
    _ question: Question, _ range: ReportRange, _ isDear: @Sendable (Value) -> Bool,
    _ make: @Sendable () async throws -> Value
  ) async throws -> (value: Value, isDear: Bool) {
    let start = ContinuousClock.now
    let value = try await make()
    let cost = start.duration(to: .now)
    kept[question] = nil
    guard isDear(value) else { return (value, false) }
    if kept.count >= most { kept = kept.filter { ContinuousClock.now < $0.value.until } }
    if kept.count < most {
      kept[question] = Kept(range: range, until: .now + min(cost * 10, Self.longest), value: value)
    }
    return (value, true)
  }

  private static func isNear(_ one: ReportRange, _ other: ReportRange) -> Bool {
    abs(one.start.seconds(since: other.start)) <= tolerance && abs(one.end.seconds(since: other.end)) <= tolerance
  }
}
