import HTTPFetch
import Synchronization
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2)))
struct HTTPClientTests {
  @Test("an answer comes with its status, headers and body, whatever the status")
  func answers() async throws {
    let server = try TestHTTPServer { request in
      request.path == "/there"
        ? .reply(200, ["X-Kind": "fine"], Array("hello".utf8)) : .reply(404, [:], Array("no such thing".utf8))
    }
    defer { server.stop() }
    let client = HTTPClient()
    let there = try await client.send(HTTPRequest(url: server.url + "/there?a=1"))
    #expect(there.status == 200)
    #expect(there.headers["x-kind"] == "fine")
    #expect(there.body == Array("hello".utf8))
    let missing = try await client.send(HTTPRequest(url: server.url + "/gone"))
    #expect(missing.status == 404)
    #expect(missing.body == Array("no such thing".utf8))
    #expect(server.requests.first?["a"] == "1")
  }

  @Test("method, headers and body arrive as they were given", arguments: [[], Array("{\"a\": 1}".utf8)])
  func sends(body: [UInt8]) async throws {
    let server = try TestHTTPServer { _ in .status(204) }
    defer { server.stop() }
    let request = HTTPRequest(
      .post, url: server.url + "/in", headers: ["X-API-Key": "k", "Content-Type": "application/json"], body: body)
    let response = try await HTTPClient(userAgent: "tester").send(request)
    #expect(response.status == 204)
    let arrived = try #require(server.requests.first)
    #expect(arrived.method == "POST")
    #expect(arrived.headers["x-api-key"] == "k")
    #expect(arrived.headers["user-agent"] == "tester")
    #expect(arrived.body == body)
  }

  @Test("requests one after the other use the same connection")
  func keepsConnection() async throws {
    let server = try TestHTTPServer { _ in .status(200) }
    defer { server.stop() }
    let client = HTTPClient()
    for _ in 0..<3 { _ = try await client.send(HTTPRequest(url: server.url)) }
    #expect(server.requests.count == 3)
    #expect(server.connectionCount == 1)
  }

  @Test("a body longer than allowed is an error, not memory")
  func limitsBody() async throws {
    let server = try TestHTTPServer { _ in .reply(200, [:], [UInt8](repeating: 65, count: 100_000)) }
    defer { server.stop() }
    var request = HTTPRequest(url: server.url)
    request.maximumBody = 1_000
    await #expect(throws: HTTPError.tooLarge(host: "127.0.0.1", limit: 1_000)) {
      _ = try await HTTPClient().send(request)
    }
  }

  @Test("a server that says nothing is given up after the timeout, and the next request works")
  func timesOut() async throws {
    let server = try TestHTTPServer { $0.path == "/silent" ? .silence : .status(200) }
    defer { server.stop() }
    let client = HTTPClient()
    var request = HTTPRequest(url: server.url + "/silent")
    request.timeout = 0.2
    await #expect(throws: HTTPError.timedOut(host: "127.0.0.1")) { _ = try await client.send(request) }
    #expect(try await client.send(HTTPRequest(url: server.url)).status == 200)
  }

  @Test("an answer that breaks off is an error")
  func brokenOff() async throws {
    let server = try TestHTTPServer { _ in .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort".utf8)) }
    defer { server.stop() }
    await #expect(throws: HTTPError.self) { _ = try await HTTPClient().send(HTTPRequest(url: server.url)) }
  }

  @Test("nobody listening is an error that names the host and neither path nor query")
  func hidesSecrets() async throws {
    let server = try TestHTTPServer { _ in .status(200) }
    server.stop()
    do {
      var request = HTTPRequest(url: server.url + "/secret-path?key=secret-value")
      request.timeout = 2
      _ = try await HTTPClient().send(request)
      Issue.record("the request was answered")
    } catch let error as HTTPError {
      #expect("\(error)".contains("127.0.0.1"))
      #expect(!"\(error)".contains("secret"))
    }
  }

  @Test("cancelling the task ends a request that waits")
  func cancels() async throws {
    let server = try TestHTTPServer { _ in .silence }
    defer { server.stop() }
    var request = HTTPRequest(url: server.url)
    request.timeout = 100
    let client = HTTPClient()
    let task = Task { [request] in try await client.send(request) }
    while server.requests.isEmpty { await Task.yield() }
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
  }

  @Test("a redirect is followed, a circle of them ends in an error")
  func redirects() async throws {
    let server = try TestHTTPServer { request in
      switch request.path {
      case "/old": .reply(302, ["Location": "/new", "X-From": "old"], [])
      case "/circle": .reply(302, ["Location": "/circle"], [])
      default: .reply(200, [:], Array("new".utf8))
      }
    }
    defer { server.stop() }
    let client = HTTPClient()
    let answer = try await client.send(HTTPRequest(url: server.url + "/old"))
    #expect(answer.body == Array("new".utf8))
    #expect(answer.headers["x-from"] == nil)
    await #expect(throws: HTTPError.self) { _ = try await client.send(HTTPRequest(url: server.url + "/circle")) }
  }

  @Test(
    "only http and https are spoken, also after a redirect",
    arguments: ["file://localhost/etc/hostname", "nonsense", ""])
  func refusesOtherSchemes(url: String) async throws {
    await #expect(throws: HTTPError.badURL) { _ = try await HTTPClient().send(HTTPRequest(url: url)) }
    let server = try TestHTTPServer { _ in .reply(302, ["Location": "file:///etc/hostname"], []) }
    defer { server.stop() }
    await #expect(throws: HTTPError.self) { _ = try await HTTPClient().send(HTTPRequest(url: server.url)) }
  }

  @Test("a body can be taken piece by piece")
  func streams() async throws {
    let body = (0..<200_000).map { UInt8($0 % 251) }
    let server = try TestHTTPServer { _ in .reply(200, [:], body) }
    defer { server.stop() }
    let pieces = Pieces()
    let response = try await HTTPClient().stream(HTTPRequest(url: server.url)) { pieces.add(Array($0)) }
    #expect(response.body.isEmpty)
    #expect(pieces.all.count > 1)
    #expect(pieces.all.flatMap { $0 } == body)
  }

  private final class Pieces: Sendable {
    private let pieces = Mutex<[[UInt8]]>([])
    func add(_ piece: [UInt8]) { pieces.withLock { $0.append(piece) } }
    var all: [[UInt8]] { pieces.withLock { $0 } }
  }
}
