import Competition
import Store

/// Reads query parameters and collects what does not validate, so that a client learns all of it at once. Of a repeated
/// parameter the last one counts.
struct QueryReader {
  private let items: [QueryItem]
  private var problems: [ValidationProblem] = []

  init(_ items: [QueryItem]) { self.items = items }

  /// - Throws: `APIError` with all problems.
  func finish() throws(APIError) {
    guard problems.isEmpty else { throw .invalid(problems) }
  }

  func text(_ name: String) -> String? { items.last { $0.name == name }?.value }

  /// A parameter that must be there; empty when it is not, which `finish` reports.
  mutating func requiredText(_ name: String) -> String {
    if let text = text(name) { return text }
    problems.append(
      ValidationProblem(
        type: "missing", location: ["query", .string(name)], message: "Field required", input: .null))
    return ""
  }

  /// A text filter where empty means none.
  func filter(_ name: String) -> String? { text(name).flatMap { $0.isEmpty ? nil : $0 } }

  mutating func integer(_ name: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
    guard let text = text(name) else { return fallback }
    guard let value = QueryGrammar.integer(text) else {
      problems.append(
        .query(
          name, "int_parsing", "Input should be a valid integer, unable to parse string as an integer", input: text))
      return fallback
    }
    if value < range.lowerBound {
      problems.append(
        .query(
          name, "greater_than_equal", "Input should be greater than or equal to \(range.lowerBound)", input: text,
          context: ["ge": JSON(range.lowerBound)]))
    } else if value > range.upperBound {
      problems.append(
        .query(
          name, "less_than_equal", "Input should be less than or equal to \(range.upperBound)", input: text,
          context: ["le": JSON(range.upperBound)]))
    }
    return value
  }

  mutating func boolean(_ name: String, default fallback: Bool) -> Bool {
    guard let text = text(name) else { return fallback }
    guard let value = QueryGrammar.boolean(text) else {
      problems.append(
        .query(
          name, "bool_parsing", "Input should be a valid boolean, unable to interpret input", input: text))
      return fallback
    }
    return value
  }

  mutating func timestamp(_ name: String) -> Timestamp? {
    guard let text = text(name) else { return nil }
    guard let value = QueryGrammar.timestamp(text) else {
      problems.append(
        .query(
          name, "datetime_from_date_parsing", "Input should be a valid datetime or date", input: text,
          context: ["error": "not a date, a date and a time, or a unix time"]))
      return nil
    }
    return value
  }

  /// Absent: all models. Present: those that it names, which may be none.
  func projectIDs() -> ReportModels {
    let values = items.filter { $0.name == "projectIds" }.map(\.value)
    return values.isEmpty ? .all : .only(QueryGrammar.projectIDs(values).filter { !$0.hasNUL })
  }

  /// `start` and `end`, by default the last 7 days.
  mutating func range(now: Timestamp) -> ReportRange {
    let start = timestamp("start")
    let end = timestamp("end") ?? now
    return ReportRange(start: start ?? end.adding(seconds: -7 * 86_400), end: end)
  }
}
