import Foundation
import TestKit
import Testing

@Suite("coordinator health", .timeLimit(.minutes(3)))
struct HealthQuestionTests {
  @Test("ends with 0 when the process beside it is ready, and with 1 and the reason when it is not, or is away")
  func asks() async throws {
    try await Command.with(.nothing) { command in
      let server = try TestHTTPServer { request in
        let waiting = #"{"status": "waiting", "waiting_for": ["models"]}"#
        return request.path == "/readyz" ? .reply(503, [:], Array(waiting.utf8)) : .json("{}")
      }
      defer { server.stop() }
      let port: [String: String?] = ["HEALTH_PORT": String(server.port), "HEALTH_HOST": "0.0.0.0"]
      let waiting = try await command.run(["health"], variables: port)
      #expect(waiting.exitCode == 1 && waiting.text.contains("says 503") && waiting.text.contains("models"))
      #expect(try await command.run(["health", "--live"], variables: port).exitCode == 0)
      let away = try await command.run("health", "--port", String(try LoopbackPort.free()))
      #expect(away.exitCode == 1 && away.text.contains("/readyz"), "\(away.text)")
      #expect(try await command.run(["health"], variables: ["HEALTH_PORT": nil]).exitCode == 64)
    }
  }

  @Test("every process of the node is asked the same way")
  func processes() async throws {
    try await Command.with { command in
      let worker = try WorkerProcess(
        "checkpoint-worker",
        [
          "DATABASE_URL": command.database.url, "REDIS_URL": ProcessInfo.processInfo.environment["TEST_REDIS_URL"],
          "REDIS_KEY_PREFIX": command.prefix,
        ])
      try await waitUntil("the worker is ready") {
        try await command.run("health", "--port", String(worker.healthPort)).exitCode == 0
      }
      await worker.process.stop()
    }
  }
}
