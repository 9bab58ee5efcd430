import Competition

/// One thing about a request that does not validate, spelled as pydantic spells it for the original's clients.
struct ValidationProblem: Sendable, Hashable {
  var type: String
  /// Where: `["query", name]`, `["body"]`, `["body", offset]`.
  var location: [JSON]
  var message: String
  var input: JSON
  var context: JSONObject?

  var json: JSON {
    var object: JSONObject = [
      "type": .string(type), "loc": .array(location), "msg": .string(message), "input": input,
    ]
    if let context { object["ctx"] = .object(context) }
    return .object(object)
  }

  static func query(
    _ name: String, _ type: String, _ message: String, input: String, context: JSONObject? = nil
  ) -> ValidationProblem {
    ValidationProblem(
      type: type, location: ["query", .string(name)], message: message, input: .string(input), context: context)
  }
}
