import Competition
import HTTPFetch
import ServiceKit

/// The report API of a node, as anybody reads it.
struct ReportClient: Sendable {
  let url: String
  let apiKey: String?
  private let client = HTTPClient()

  init(url: String, apiKey: String?) {
    var url = url
    while url.hasSuffix("/") { url.removeLast() }
    self.url = url
    self.apiKey = apiKey
  }

  /// - Throws: `ReportClientError` that says what the node answered instead of what was asked for.
  func get(_ path: String) async throws(ReportClientError) -> JSON {
    try await send(HTTPRequest(url: url + path), to: path, accepting: [200]).body
  }

  /// Asks for a change; 202 says that it is not done yet.
  func post(_ path: String, _ body: JSONObject) async throws(ReportClientError) -> (status: Int, body: JSON) {
    try await send(
      HTTPRequest(
        .post, url: url + path, headers: ["Content-Type": "application/json"],
        body: Array(JSON.object(body).text.utf8)), to: path, accepting: [200, 202])
  }

  private func send(
    _ request: HTTPRequest, to path: String, accepting statuses: Set<Int>
  ) async throws(ReportClientError) -> (status: Int, body: JSON) {
    var request = request
    request.maximumBody = 64 << 20
    request.timeout = 60
    if let apiKey { request.headers["X-API-Key"] = apiKey }
    let response: HTTPResponse
    do { response = try await client.send(request) } catch { throw ReportClientError(path: path, cause: "\(error)") }
    let body: JSON
    do { body = try JSON(parsing: response.body) } catch {
      throw ReportClientError(path: path, cause: "the answer, of status \(response.status), is no JSON")
    }
    guard statuses.contains(response.status) else {
      let hint = response.status == 401 ? "; set API_KEY or API_KEY_FILE" : ""
      throw ReportClientError(
        path: path, cause: "status \(response.status): \(body["detail"]?.string ?? body.text)\(hint)")
    }
    return (response.status, body)
  }
}

struct ReportClientError: Error, Sendable, Hashable, CustomStringConvertible {
  var path: String
  var cause: String
  var description: String { "\(path): \(cause)" }
}
