import Competition

/// Reads the members of a body and collects what does not validate, so that a client learns all of it at once.
struct BodyReader {
  private let body: JSONObject
  private var problems: [ValidationProblem] = []

  init(_ body: JSONObject) { self.body = body }

  /// - Throws: `APIError` with all problems.
  func finish() throws(APIError) {
    guard problems.isEmpty else { throw .invalid(problems) }
  }

  /// A text; empty where there is none, which `finish` reports.
  mutating func text(_ name: String) -> String {
    guard let value = member(name) else { return "" }
    guard let text = value.string else {
      refuse(name, "string_type", "Input should be a valid string", value)
      return ""
    }
    // U+FFFD: the reader puts it where a lone surrogate stood.
    if text.hasNUL || text.unicodeScalars.contains("\u{FFFD}") {
      refuse(name, "string_pattern_mismatch", "String should have no NUL character and no lone surrogate", value)
    }
    return text
  }

  /// One of a few texts; the first when there is none.
  mutating func choice(_ name: String, of texts: [String]) -> String {
    guard let value = body[name] else { return texts[0] }
    guard let text = value.string, texts.contains(text) else {
      let expected = texts.map { "'\($0)'" }.joined(separator: " or ")
      refuse(name, "literal_error", "Input should be \(expected)", value, context: ["expected": .string(expected)])
      return texts[0]
    }
    return text
  }

  /// A moment, spelled as in a query.
  mutating func timestamp(_ name: String) -> Timestamp {
    let none = Timestamp(seconds: 0)
    guard let value = member(name) else { return none }
    guard let text = value.string else {
      refuse(name, "datetime_type", "Input should be a valid datetime", value)
      return none
    }
    guard let time = QueryGrammar.timestamp(text) else {
      refuse(
        name, "datetime_from_date_parsing", "Input should be a valid datetime or date", value,
        context: ["error": "not a date, a date and a time, or a unix time"])
      return none
    }
    return time
  }

  private mutating func member(_ name: String) -> JSON? {
    guard let value = body[name] else {
      refuse(name, "missing", "Field required", .object(body))
      return nil
    }
    return value
  }

  private mutating func refuse(
    _ name: String, _ type: String, _ message: String, _ input: JSON, context: JSONObject? = nil
  ) {
    problems.append(
      ValidationProblem(
        type: type, location: ["body", .string(name)], message: message, input: input, context: context))
  }
}
