import Competition

/// The shape of a JSON value: as much of JSON Schema as the API needs to say what it takes and answers.
indirect enum Schema: Sendable {
  case anything
  case integer(minimum: Int? = nil, maximum: Int? = nil)
  case number(minimum: Int? = nil, maximum: Int? = nil)
  case boolean
  /// - Parameters:
  ///   - format: a name of JSON Schema, as `date-time`.
  ///   - pattern: a regular expression that it must fit.
  case text(format: String? = nil, pattern: String? = nil)
  /// One of a few texts.
  case choice([String])
  /// - Parameter least: how many there are at least.
  case list(Schema, least: Int? = nil)
  /// An object with these members; `others` says what more it may hold, nil that it holds no more.
  case record(KeyValuePairs<String, Schema>, others: Schema? = nil)
  /// An object whose members are all of one shape.
  case map(Schema)
  case either([Schema])
  /// One of `Schema.components`.
  case named(String)

  static let null = Schema.choice([])

  static func optional(_ schema: Schema) -> Schema { .either([schema, .null]) }

  /// A list of rows of a component.
  static func rows(_ name: String) -> Schema { .list(.named(name)) }

  static let string = Schema.text()
  static let count = Schema.integer(minimum: 0)

  /// A moment as the API spells it: with an offset, or without for what charts take as x axis.
  static let moment = Schema.text(format: "date-time")
  static let naiveMoment = Schema.text(pattern: #"^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$"#)

  /// This shape in the spelling of JSON Schema.
  var json: JSON {
    switch self {
    case .anything: [:]
    case .integer(let minimum, let maximum):
      .object(Self.typed("integer", ["minimum": minimum.map { JSON($0) }, "maximum": maximum.map { JSON($0) }]))
    case .number(let minimum, let maximum):
      .object(Self.typed("number", ["minimum": minimum.map { JSON($0) }, "maximum": maximum.map { JSON($0) }]))
    case .boolean: ["type": "boolean"]
    case .text(let format, let pattern):
      .object(Self.typed("string", ["format": format.map(JSON.string), "pattern": pattern.map(JSON.string)]))
    case .choice(let texts) where texts.isEmpty: ["type": "null"]
    case .choice(let texts): ["type": "string", "enum": .array(texts.map(JSON.string))]
    case .list(let items, let least):
      .object(Self.typed("array", ["items": items.json, "minItems": least.map { JSON($0) }]))
    case .record(let members, let others):
      [
        "type": "object", "properties": .object(JSONObject(members.map { ($0.key, $0.value.json) })),
        "required": .array(members.map { .string($0.key) }), "additionalProperties": others?.json ?? false,
      ]
    case .map(let values): ["type": "object", "additionalProperties": values.json]
    case .either(let schemas): ["anyOf": .array(schemas.map(\.json))]
    case .named(let name): ["$ref": .string("#/components/schemas/" + name)]
    }
  }

  private static func typed(_ type: String, _ more: KeyValuePairs<String, JSON?>) -> JSONObject {
    var object: JSONObject = ["type": .string(type)]
    for (key, value) in more { if let value { object[key] = value } }
    return object
  }
}
