import ChildProcesses
import HTTPFetch
import TestKit
import Testing

@Suite("The report worker as a process", .timeLimit(.minutes(3)))
struct ReportProcessTests {
  @Test("tells nobody where a Redis is that does not answer, and judges feeds by their worker's settings")
  func settings() async throws {
    let redisPort = try LoopbackPort.free()
    try await TestDatabase.with { database in
      try await database.store.pool.query(
        """
        INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event, ts_ingested, values_jsonb, meta_jsonb)
        VALUES ('r', 's', 'BTC', 'tick', '1s', now() - interval '10 minutes', now(), '{"price": 1}', '{}')
        """)
      for (pollSeconds, tone) in [("5", "bad"), ("3600", "good")] {
        let port = try LoopbackPort.free()
        let worker = RunningProcess(
          ChildProcess(
            executable: try Executables.products + "/report-worker",
            environment: [
              "DATABASE_URL": database.url, "REDIS_URL": "redis://:secret-word@127.0.0.1:\(redisPort)/0",
              "REPORT_PORT": String(port), "HEALTH_PORT": "0", "FEED_POLL_SECONDS": pollSeconds,
            ]))
        try await waitUntil("the API answers") { (try? await Self.page("/healthz", port)) != nil }
        for path in ["/pipeline", "/explain?id=PRE_1"] {
          let text = try await Self.page(path, port)
          #expect(text.contains("Redis did not answer"), "\(path)")
          #expect(!text.contains("secret-word") && !text.contains(String(redisPort)), "\(path)")
        }
        #expect(try await Self.page("/feeds", port).contains("badge \(tone)"), "\(pollSeconds) s between two polls")
        await worker.stop()
      }
    }
  }

  private static func page(_ path: String, _ port: Int) async throws -> String {
    let response = try await HTTPClient().send(HTTPRequest(url: "http://127.0.0.1:\(port)\(path)"))
    return String(decoding: response.body, as: UTF8.self)
  }
}
