import Competition

/// The JSON object that a change is sent with.
enum RequestBody {
  /// Bytes that are taken unless a route says otherwise; more is refused.
  static let limit = 65_536

  /// - Throws: `APIError`: 422 for what is no JSON object, 400 for what is no text at all.
  static func object(_ bytes: [UInt8], contentType: String?) throws(APIError) -> JSONObject {
    guard isJSON(contentType) else { throw notAnObject(.string(String(decoding: bytes, as: UTF8.self))) }
    guard !bytes.isEmpty else {
      throw .invalid([
        ValidationProblem(type: "missing", location: ["body"], message: "Field required", input: .null)
      ])
    }
    guard String(validating: bytes, as: UTF8.self) != nil, depth(bytes) <= 150 else {
      throw APIError(.badRequest, "There was an error parsing the body")
    }
    let value: JSON
    do {
      value = try JSON(parsing: bytes)
    } catch {
      throw .invalid([
        ValidationProblem(
          type: "json_invalid", location: ["body", JSON(error.offset)], message: "JSON decode error", input: [:],
          context: ["error": .string(error.reason)])
      ])
    }
    guard let object = value.object else { throw notAnObject(value) }
    return object
  }

  private static func notAnObject(_ input: JSON) -> APIError {
    .invalid([
      ValidationProblem(
        type: "dict_type", location: ["body"], message: "Input should be a valid dictionary", input: input)
    ])
  }

  /// `application/json`, `application/…+json`, or not said at all.
  private static func isJSON(_ contentType: String?) -> Bool {
    guard let contentType else { return true }
    let type = contentType.prefix { $0 != ";" }.lowercased()
    let trimmed = Substring(type).trimmed
    return trimmed == "application/json" || (trimmed.hasPrefix("application/") && trimmed.hasSuffix("+json"))
  }

  /// How deep brackets nest. Deeper texts than the reader takes are no syntax errors.
  private static func depth(_ bytes: [UInt8]) -> Int {
    var depth = 0
    var deepest = 0
    var isInString = false
    var isEscaped = false
    for byte in bytes {
      switch byte {
      case _ where isEscaped: isEscaped = false
      case UInt8(ascii: "\\"): isEscaped = isInString
      case UInt8(ascii: "\""): isInString.toggle()
      case _ where isInString: break
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
      deepest = max(deepest, depth)
    }
    return deepest
  }
}
