import Competition
import Store

/// A request as routes see it.
struct APIRequest: Sendable {
  /// Decoded.
  var path: String
  /// Decoded, in their order.
  var query: [QueryItem]
  /// When it came: what ranges and windows end with.
  var time: Timestamp
  /// What stood in the path for `{name}`.
  var parameters: [String: String] = [:]
  var contentType: String?
  /// The newest event that a listener has heard.
  var lastEventID: String?
  /// Empty unless the route takes one.
  var body: [UInt8] = []
  var visitor = Visitor(name: "")
  /// Who asks for a change.
  var action = AdminAction(actor: "")

  /// The part of the path that a route calls `id`.
  var id: String { parameters["id"] ?? "" }

  func bodyObject() throws(APIError) -> JSONObject { try RequestBody.object(body, contentType: contentType) }
}
