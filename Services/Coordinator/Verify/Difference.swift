import Competition

/// A stored value that is not the one that follows from what it was made of. The first one ends a verification.
struct Difference: Error, Sendable, Hashable {
  var table: String
  /// The row's id, or what names it.
  var row: String
  var column: String
  var stored: String
  var recomputed: String
  /// What else may be at fault, or what to look at.
  var note: String?

  var json: JSON {
    .object([
      "table": .string(table), "row": .string(row), "column": .string(column), "stored": .string(stored),
      "recomputed": .string(recomputed), "note": JSON(note),
    ])
  }

  /// Throws unless two values of a column are equal. Words are made when they are needed: this is asked by the million.
  static func check<Value: Equatable>(
    _ table: String, _ row: @autoclosure () -> String, _ column: String, stored: Value, recomputed: Value,
    note: @autoclosure () -> String? = nil
  ) throws {
    guard stored != recomputed else { return }
    throw Difference(
      table: table, row: row(), column: column, stored: text(stored), recomputed: text(recomputed), note: note())
  }

  static func text(_ value: some Any) -> String {
    switch value {
    case let json as JSON: json.canonicalText
    case let object as JSONObject: JSON.object(object).canonicalText
    case let optional as (any OptionalValue): optional.wrapped.map { text($0) } ?? "null"
    default: "\(value)"
    }
  }
}

/// So that a value that may be missing reads well.
private protocol OptionalValue { var wrapped: Any? { get } }
extension Optional: OptionalValue { fileprivate var wrapped: Any? { map { $0 as Any } } }
