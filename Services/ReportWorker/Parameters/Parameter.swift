import Competition
import Store

/// What is known of one name in a query: for the document, and for people.
struct ParameterDeclaration: Sendable {
  var name: String
  var summary: String
  var schema: Schema
  var fallback: JSON?
  var isRequired = false
  /// Whether the name may occur more than once, and each time counts.
  var repeats = false
}

/// A parameter of a route: what is declared of it, and how its value is read. One that does not validate is a problem of
/// the reader, which ends the request before its handler runs.
struct Parameter<Value: Sendable>: Sendable {
  let declarations: [ParameterDeclaration]
  let read: @Sendable (inout QueryReader) -> Value
}

extension Parameter where Value == Int {
  /// A number with a default; `range` nil: any.
  static func integer(
    _ name: String, default fallback: Int, in range: ClosedRange<Int>? = nil, _ summary: String
  ) -> Parameter {
    let lowest = range.flatMap { $0.lowerBound == .min ? nil : $0.lowerBound }
    let schema = Schema.integer(minimum: lowest, maximum: range?.upperBound)
    return Parameter(
      declarations: [
        ParameterDeclaration(name: name, summary: summary, schema: schema, fallback: JSON(fallback))
      ]
    ) { $0.integer(name, in: range ?? Int.min...Int.max) ?? fallback }
  }

  /// The most rows that are answered.
  static func limit(_ fallback: Int, in range: ClosedRange<Int>, _ summary: String = "The most rows.") -> Parameter {
    integer("limit", default: fallback, in: range, summary)
  }
}

extension Parameter where Value == Bool {
  static func flag(_ name: String, _ summary: String) -> Parameter {
    Parameter(
      declarations: [
        ParameterDeclaration(name: name, summary: summary, schema: .boolean, fallback: false)
      ]
    ) { $0.boolean(name) ?? false }
  }

  static var includesEnsembles: Parameter { flag("include_ensembles", "Whether virtual models are among the rows.") }
}

extension Parameter where Value == String? {
  /// A text that must be equal; an empty one is a filter like any other.
  static func text(_ name: String, _ summary: String) -> Parameter {
    Parameter(declarations: [ParameterDeclaration(name: name, summary: summary, schema: .storable)]) { $0.text(name) }
  }

  /// A text that must be equal, where an empty one stands for none.
  static func filter(_ name: String, _ summary: String) -> Parameter {
    Parameter(declarations: [ParameterDeclaration(name: name, summary: summary, schema: .storable)]) { reader in
      reader.text(name).flatMap { $0.isEmpty ? nil : $0 }
    }
  }
}

extension Parameter where Value == String {
  static func requiredText(_ name: String, _ summary: String) -> Parameter {
    Parameter(
      declarations: [ParameterDeclaration(name: name, summary: summary, schema: .storable, isRequired: true)]
    ) { $0.requiredText(name) }
  }
}

extension Parameter where Value == Timestamp? {
  static func time(_ name: String, _ summary: String) -> Parameter {
    Parameter(declarations: [ParameterDeclaration(name: name, summary: summary, schema: .sentMoment)]) {
      $0.timestamp(name)
    }
  }
}

extension Parameter where Value == ReportRange {
  /// `start` and `end`, by default the last 7 days.
  static var range: Parameter {
    let declarations = [
      ParameterDeclaration(
        name: "start", summary: "The first moment; by default 7 days before the last.", schema: .sentMoment),
      ParameterDeclaration(name: "end", summary: "The last moment; by default now.", schema: .sentMoment),
    ]
    return Parameter(declarations: declarations) { $0.range() }
  }
}

extension Parameter where Value == ReportModels {
  static var models: Parameter {
    let declaration = ParameterDeclaration(
      name: "projectIds",
      summary: "Ids of models, several with commas; without the parameter all, with an empty one none.",
      schema: .list(.storable), repeats: true)
    return Parameter(declarations: [declaration]) { $0.models() }
  }
}

extension Schema {
  /// A text that PostgreSQL can hold.
  static let storable = Schema.text(pattern: #"^[^\x00]*$"#)
  /// One in a body, where the replacement character stands for half of a character.
  static let storableInBody = Schema.text(pattern: #"^[^\x00\uFFFD]*$"#)
  /// A moment in a query: ISO 8601, UTC unless it says otherwise, a date for its midnight, or a unix time in seconds, beyond
  /// 20,000,000,000 in milliseconds.
  static let sentMoment = Schema.either([
    .text(format: "date-time"), .text(format: "date"),
    .number(minimum: -62_135_596_800_000, maximum: 253_402_300_799_999),
  ])
}
