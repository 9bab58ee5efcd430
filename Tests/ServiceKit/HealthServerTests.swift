import Competition
import HTTPFetch
import Logging
import ServiceLifecycle
import TestKit
import Testing

@testable import ServiceKit

@Suite("Health and metrics over HTTP", .timeLimit(.minutes(2)))
struct HealthServerTests {
  /// Serves a health, lends a way to ask, and stops.
  private func serving(
    _ health: Health, _ registry: PrometheusRegistry = PrometheusRegistry(),
    _ body: (_ ask: (String) async throws -> HTTPResponse) async throws -> Void
  ) async throws {
    let port = try LoopbackPort.free()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = HealthServer(host: "127.0.0.1", port: port, health: health, metrics: registry, logger: logger)
    let group = ServiceGroup(services: [server], logger: logger)
    let running = Task { try await group.run() }
    let client = HTTPClient()
    func ask(_ path: String) async throws -> HTTPResponse {
      try await client.send(HTTPRequest(url: "http://127.0.0.1:\(port)\(path)"))
    }
    try await waitUntil("the server answers") {
      do { return try await ask("/healthz").status == 200 } catch is HTTPError { return false }
    }
    try await body(ask)
    await group.triggerGracefulShutdown()
    try await running.value
  }

  @Test("a process lives from the start on, and is ready when all its parts are")
  func readiness() async throws {
    let health = Health(waitingFor: ["feed", "orchestrator"])
    try await serving(health) { ask in
      #expect(try await JSON(parsing: ask("/healthz").body) == ["status": "ok"])
      var ready = try await ask("/readyz")
      #expect(ready.status == 503)
      #expect(
        try JSON(parsing: ready.body) == ["status": "not ready", "feed": "starting", "orchestrator": "starting"])
      health.ready("feed")
      #expect(try await ask("/readyz").status == 503)
      health.ready("orchestrator")
      ready = try await ask("/readyz")
      #expect(ready.status == 200)
      #expect(try JSON(parsing: ready.body) == ["status": "ready", "feed": "ready", "orchestrator": "ready"])
      health.notReady("feed", reason: "away")
      ready = try await ask("/readyz")
      #expect(ready.status == 503)
      #expect(try JSON(parsing: ready.body)["feed"] == "away")
      #expect(try await ask("/healthz").status == 200)
    }
  }

  @Test("metrics are served as Prometheus text, as they stand")
  func metrics() async throws {
    let registry = PrometheusRegistry()
    try await serving(Health(), registry) { ask in
      #expect(try await ask("/readyz").status == 200)
      let counter = registry.makeCounter(label: "tasks_total", dimensions: [])
      counter.increment(by: 3)
      let answer = try await ask("/metrics")
      #expect(answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
      #expect(String(decoding: answer.body, as: UTF8.self) == "# TYPE tasks_total counter\ntasks_total 3\n")
      #expect(try await ask("/nothing").status == 404)
    }
  }
}
