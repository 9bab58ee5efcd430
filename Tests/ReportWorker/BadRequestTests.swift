import Competition
import HTTPFetch
import TestKit
import Testing

@testable import ReportWorker

@Suite("Requests that make no sense", .timeLimit(.minutes(2)))
struct BadRequestTests {
  @Test("unknown paths and methods are answered in JSON, a slash too much leads on")
  func paths() async throws {
    try await ReportBench.with { bench in
      let unknown = try await bench.get("/reports/nothing")
      #expect(unknown.status == 404)
      #expect(unknown.json == ["detail": "Not Found"])
      let method = try await bench.change(.post, "/reports/leaderboard", "{}")
      #expect(method.status == 405)
      #expect(method.json == ["detail": "Method Not Allowed"])
      #expect(method.headers["allow"] == "GET")
      #expect(
        try await bench.get("/reports/leaderboard/", followingRedirects: true).status == 200,
        "the client follows the redirect")
      #expect(try await bench.get("/reports/leaderboard?" + String(repeating: "x", count: 17_000)).status == 414)
    }
  }

  @Test("the least number there is is no cursor and no page, and the server goes on")
  func leastNumbers() async throws {
    try await ReportBench.with { bench in
      for number in ["-9223372036854775808", "9223372036854775807"] {
        for path in [
          "/reports/predictions?cursor=\(number).x", "/reports/models/metrics?cursor=\(number).x", "/?page=\(number)",
        ] {
          let reply = try await bench.get(path)
          #expect(reply.status < 500, "\(path)")
        }
      }
      #expect(try await bench.get("/healthz").status == 200)
    }
  }

  @Test(
    "a body that is no JSON object is refused",
    arguments: [
      ("", 422, "Field required"), ("{", 422, "JSON decode error"), ("[]", 422, "Input should be a valid dictionary"),
      ("\"text\"", 422, "Input should be a valid dictionary"), ("null", 422, "Input should be a valid dictionary"),
      (#"{"tx_hash": NaN}"#, 422, "JSON decode error"),
    ])
  func bodies(body: String, status: Int, message: String) async throws {
    try await ReportBench.with { bench in
      let reply = try await bench.change(.post, "/reports/checkpoints/C/confirm", body)
      #expect(reply.status == status)
      #expect(reply.json["detail"]?.array?.first?["msg"]?.string == message)
    }
  }

  @Test("a body of another type, one that is too large and one that is no text are refused")
  func oddBodies() async throws {
    try await ReportBench.with { bench in
      let path = "/reports/checkpoints/C/confirm"
      let good = #"{"tx_hash": "t"}"#
      let plain = try await bench.change(.post, path, good, headers: ["Content-Type": "text/plain"])
      #expect(plain.status == 422)
      let special = try await bench.change(
        .post, path, good, headers: ["Content-Type": "application/vnd.x+json; charset=utf-8"])
      #expect(special.status == 404)
      let large = #"{"tx_hash": "\#(String(repeating: "x", count: 100_000))"}"#
      #expect(try await bench.change(.post, path, large).status == 413)
      let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
      #expect(try await bench.change(.post, path, deep).status >= 400)
      let nested = String(repeating: #"{"a":"#, count: 200) + "1" + String(repeating: "}", count: 200)
      #expect(try await bench.change(.post, path, nested).status == 400)
    }
  }

  @Test(
    "odd spellings never end in an error of the server",
    arguments: [
      "/reports/predictions?start=0001-01-01", "/reports/predictions?end=0001-01-01",
      "/reports/predictions?start=9999-12-31T23:59:59.999999", "/reports/predictions?end=99999999999999",
      "/reports/predictions?projectIds=%00", "/reports/predictions?projectIds=%ff%fe", "/reports/predictions?%",
      "/reports/predictions?start=2026-02-30", "/reports/snapshots?since=%00", "/reports/snapshots?model_id=%00",
      "/reports/models/global?start=1e999", "/reports/models?cursor=99999999999999999999",
      "/reports/checkpoints?status=%27%3B%20DROP%20TABLE%20models", "/reports/checkpoints/%00/payload",
      "/reports/checkpoints/..%2f..%2fetc/payload", "/%", "//", "/reports//feeds",
      "/reports/feeds/tail?limit=%F0%9F%98%80",
    ])
  func spellings(path: String) async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      try await bench.addPrediction("p", secondsAgo: 10, result: ["value": 1])
      let reply = try await bench.get(path)
      #expect(reply.status < 500)
      #expect(!reply.text.contains("SELECT"))
    }
  }

  @Test("without the database the answer is 503, without its name or its address")
  func outage() async throws {
    let nobody = try LoopbackPort.free()
    try await ReportBench.with(change: { $0.port = nobody }) { bench in
      let reply = try await bench.get("/reports/models")
      #expect(reply.status == 503)
      #expect(reply.headers["retry-after"] == "1")
      #expect(!reply.text.contains("127.0.0.1"))
      #expect(!reply.text.contains("test_"))
      #expect(try await bench.get("/healthz").status == 200)
    }
  }
}
