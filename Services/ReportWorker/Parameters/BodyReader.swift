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

  /// A number; nil where there is none.
  mutating func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
    guard let value = body[name], value != .null else { return nil }
    guard let number = value.number, value.bool == nil else {
      refuse(name, "float_type", "Input should be a valid number", value)
      return nil
    }
    if number < range.lowerBound {
      refuse(
        name, "greater_than_equal", "Input should be greater than or equal to \(range.lowerBound)", value,
        context: ["ge": .double(range.lowerBound)])
    } else if number > range.upperBound {
      refuse(
        name, "less_than_equal", "Input should be less than or equal to \(range.upperBound)", value,
        context: ["le": .double(range.upperBound)])
    }
    return number
  }

  /// A text that fits a pattern.
  mutating func text(_ name: String, pattern: String, _ fits: (String) -> Bool) -> String {
    let known = problems.count
    let text = text(name)
    if problems.count == known, !fits(text) {
      refuse(
        name, "string_pattern_mismatch", "String should match pattern '\(pattern)'", .string(text),
        context: ["pattern": .string(pattern)])
    }
    return text
  }

  /// A list of objects.
  mutating func objects(_ name: String) -> [JSONObject] {
    guard let value = member(name) else { return [] }
    return objects(value, at: ["body", .string(name)])
  }

  /// An object, as a list of one, or a list of objects.
  mutating func objectOrObjects(_ name: String) -> [JSONObject] {
    guard let value = member(name) else { return [] }
    if let object = value.object {
      refuseNUL(value, at: ["body", .string(name)])
      return [object]
    }
    // Neither of the two shapes fits: each says why, as pydantic has it.
    let known = problems.count
    let found = objects(value, at: ["body", .string(name), "list[dict[str,any]]"])
    if problems.count > known {
      problems.insert(.dictionary(value, at: ["body", .string(name), "dict[str,any]"]), at: known)
    }
    return found
  }

  private mutating func objects(_ value: JSON, at place: [JSON]) -> [JSONObject] {
    guard let items = value.array else {
      problems.append(
        ValidationProblem(
          type: "list_type", location: place, message: "Input should be a valid list", input: value))
      return []
    }
    return items.enumerated().compactMap { index, item in
      guard let object = item.object else {
        problems.append(.dictionary(item, at: place + [JSON(index)]))
        return nil
      }
      refuseNUL(item, at: place + [JSON(index)])
      return object
    }
  }

  private mutating func refuseNUL(_ value: JSON, at place: [JSON]) {
    guard value.hasNUL else { return }
    problems.append(
      ValidationProblem(
        type: "string_pattern_mismatch", location: place, message: "String should have no NUL character", input: .null))
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

extension ValidationProblem {
  fileprivate static func dictionary(_ input: JSON, at place: [JSON]) -> ValidationProblem {
    ValidationProblem(
      type: "dict_type", location: place, message: "Input should be a valid dictionary", input: input)
  }
}

extension JSON {
  /// Whether a text in it has a NUL, which PostgreSQL does not hold.
  fileprivate var hasNUL: Bool {
    switch self {
    case .string(let text): text.hasNUL
    case .array(let values): values.contains { $0.hasNUL }
    case .object(let object): object.contains { $0.key.hasNUL || $0.value.hasNUL }
    case .null, .bool, .int, .double: false
    }
  }
}
