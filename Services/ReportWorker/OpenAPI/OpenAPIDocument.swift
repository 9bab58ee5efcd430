import Competition
import Hummingbird
import ServiceKit

/// What routes declare, as an OpenAPI 3.1 document.
enum OpenAPIDocument {
  static func document(_ routes: [Route]) -> JSON {
    var paths = JSONObject()
    for route in routes {
      let operations = paths[route.path]?.object ?? [:]
      paths[route.path] = .object(
        operations.merging([route.method.rawValue.lowercased(): .object(operation(route))]))
    }
    let schemas = JSONObject(Schema.components.map { ($0.key, $0.value.json) })
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "coordinator-node report API", "version": .string(BuildVersion.text),
        "description": "Leaderboard, predictions, feeds, checkpoints and rewards of a forecasting competition.",
      ], "paths": .object(paths),
      "components": [
        "schemas": .object(schemas),
        "securitySchemes": [
          "key": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
          "bearer": ["type": "http", "scheme": "bearer"],
        ],
      ],
    ]
  }

  private static func operation(_ route: Route) -> JSONObject {
    let operation = route.operation
    var object: JSONObject = [
      "operationId": .string(identifier(route)), "tags": [.string(tag(route))], "summary": .string(operation.summary),
    ]
    if !operation.details.isEmpty { object["description"] = .string(operation.details) }
    let parameters = route.pathParameters.map(pathParameter) + operation.parameters.map(queryParameter)
    let keys = route.method == .get ? [] : [idempotencyKey]
    if !(parameters + keys).isEmpty { object["parameters"] = .array(parameters + keys) }
    if let body = operation.body {
      object["requestBody"] = ["required": true, "content": ["application/json": ["schema": body.schema.json]]]
    }
    object["responses"] = .object(responses(route))
    return object
  }

  /// `get_reports_checkpoints_id_payload`
  private static func identifier(_ route: Route) -> String {
    let words = (route.method.rawValue.lowercased() + route.path).split { !$0.isLetter && !$0.isNumber }
    return words.joined(separator: "_")
  }

  /// The resource that a route is about.
  static func tag(_ route: Route) -> String {
    let names = route.segments.compactMap { if case .fixed(let name) = $0 { name } else { nil } }
    return names.first == "reports" && names.count > 1 ? names[1] : names.first ?? ""
  }

  private static func pathParameter(_ name: String) -> JSON {
    ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string", "minLength": 1]]
  }

  private static func queryParameter(_ declaration: ParameterDeclaration) -> JSON {
    var schema = declaration.schema.json.object ?? [:]
    if let fallback = declaration.fallback { schema["default"] = fallback }
    var object: JSONObject = [
      "name": .string(declaration.name), "in": "query", "required": .bool(declaration.isRequired),
      "description": .string(declaration.summary), "schema": .object(schema),
    ]
    if declaration.repeats { object["explode"] = true }
    return .object(object)
  }

  private static let idempotencyKey: JSON = [
    "name": "Idempotency-Key", "in": "header", "required": false,
    "description": "What makes a request that is sent again the same one.",
    "schema": ["type": "string", "pattern": "^[!-~]{1,200}$"],
  ]

  private static func responses(_ route: Route) -> JSONObject {
    let operation = route.operation
    let success = operation.answer
    let content: JSON = ["schema": success.schema?.json ?? [:]]
    var responses: JSONObject = [
      String(success.status.code): [
        "description": .string(success.summary), "content": .object([success.contentType: content]),
      ]
    ]
    if let accepted = operation.accepted {
      responses["202"] = [
        "description": .string(accepted.summary),
        "content": .object([accepted.contentType: ["schema": accepted.schema?.json ?? [:]]]),
      ]
    }
    var errors = operation.errors
    errors[401] = "A key is needed, or another one."
    errors[403] = "The key may only read."
    errors[429] = "Too many requests; Retry-After says when to come back."
    errors[503] = "The database cannot be reached, or the answer took too long."
    if !operation.parameters.isEmpty || operation.body != nil { errors[422] = "What was sent does not validate." }
    if operation.body != nil {
      errors[400] = "The body cannot be read."
      errors[413] = "The body is too large."
    }
    if operation.freshness.hasTag { responses["304"] = ["description": "It is still what If-None-Match names."] }
    for (status, summary) in errors.sorted(by: { $0.key < $1.key }) {
      responses[String(status)] = [
        "description": .string(summary),
        "content": [
          "application/json": ["schema": Schema.named(status == 422 ? "Invalid" : "Problem").json]
        ],
      ]
    }
    return responses
  }
}
