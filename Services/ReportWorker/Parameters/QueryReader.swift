import Competition
import Store

/// Reads query parameters and collects what does not validate, so that a client learns all of it at once. Of a repeated
/// parameter the last one counts.
struct QueryReader {
  private let items: [QueryItem]
  /// What ranges end with that don't say.
  private let now: Timestamp
  private var problems: [ValidationProblem] = []

  init(_ items: [QueryItem], now: Timestamp) {
    self.items = items
    self.now = now
  }

  /// - Throws: `APIError` with all problems.
  func finish() throws(APIError) {
    guard problems.isEmpty else { throw .invalid(problems) }
  }

  private func value(_ name: String) -> String? { items.last { $0.name == name }?.value }

  /// Notes that a parameter does not validate.
  mutating func refuse(_ name: String, _ type: String, _ message: String, context: JSONObject? = nil) {
    problems.append(.query(name, type, message, input: value(name) ?? "", context: context))
  }

  /// A text that PostgreSQL could hold.
  mutating func text(_ name: String) -> String? {
    guard let text = value(name) else { return nil }
    if text.hasNUL {
      refuse(name, "string_pattern_mismatch", "String should have no NUL character")
      return nil
    }
    return text
  }

  /// A parameter that must be there; empty when it is not, which `finish` reports.
  mutating func requiredText(_ name: String) -> String {
    if value(name) != nil { return text(name) ?? "" }
    problems.append(
      ValidationProblem(type: "missing", location: ["query", .string(name)], message: "Field required", input: .null))
    return ""
  }

  mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
    guard let text = value(name) else { return nil }
    guard let value = QueryGrammar.integer(text) else {
      refuse(name, "int_parsing", "Input should be a valid integer, unable to parse string as an integer")
      return nil
    }
    if value < range.lowerBound {
      refuse(
        name, "greater_than_equal", "Input should be greater than or equal to \(range.lowerBound)",
        context: ["ge": JSON(range.lowerBound)])
    } else if value > range.upperBound {
      refuse(
        name, "less_than_equal", "Input should be less than or equal to \(range.upperBound)",
        context: ["le": JSON(range.upperBound)])
    }
    return value
  }

  mutating func boolean(_ name: String) -> Bool? {
    guard let text = value(name) else { return nil }
    guard let value = QueryGrammar.boolean(text) else {
      refuse(name, "bool_parsing", "Input should be a valid boolean, unable to interpret input")
      return nil
    }
    return value
  }

  mutating func timestamp(_ name: String) -> Timestamp? {
    guard let text = value(name) else { return nil }
    guard let value = QueryGrammar.timestamp(text) else {
      refuse(
        name, "datetime_from_date_parsing", "Input should be a valid datetime or date",
        context: ["error": "not a date, a date and a time, or a unix time"])
      return nil
    }
    return value
  }

  /// Absent: all models. Present: those that it names, which may be none.
  func models() -> ReportModels {
    let values = items.filter { $0.name == "projectIds" }.map(\.value)
    return values.isEmpty ? .all : .only(QueryGrammar.projectIDs(values).filter { !$0.hasNUL })
  }

  /// `start` and `end`, by default the last 7 days.
  mutating func range() -> ReportRange {
    let start = timestamp("start")
    let end = timestamp("end") ?? now
    return ReportRange(start: start ?? end.adding(seconds: -7 * 86_400), end: end)
  }
}
