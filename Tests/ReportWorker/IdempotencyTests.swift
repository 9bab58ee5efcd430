import Competition
import Testing

@testable import ReportWorker

@Suite("Requests that come twice", .timeLimit(.minutes(2)))
struct IdempotencyTests {
  private static let path = "/reports/checkpoints/C/confirm"

  private static func commands(_ bench: ReportBench) async throws -> [[String?]] {
    try await bench.store.pool.query(
      "SELECT kind, target, actor, state, payload_jsonb::text, result_jsonb #>> '{before,status}', idempotency_key FROM commands"
    ).map { row in (0..<7).map { row.textIfPresent($0) } }
  }

  @Test("are answered as the first time, also when the checkpoint has moved on since")
  func confirm() async throws {
    try await ReportBench.with { bench in
      try await bench.addCheckpoint("C")
      let key = ["Idempotency-Key": "k-1"]
      let body = #"{"tx_hash": "t"}"#
      let first = try await bench.change(.post, Self.path, body, headers: key)
      #expect(first.status == 200 && first.json["status"] == "SUBMITTED")
      let moved = try await bench.change(.patch, "/reports/checkpoints/C/status", #"{"status": "CLAIMABLE"}"#)
      #expect(moved.status == 200)
      let second = try await bench.change(.post, Self.path, body, headers: key)
      #expect(second.status == 200 && second.json == first.json)
      #expect(try await bench.get("/reports/checkpoints/latest").json["status"] == "CLAIMABLE")
      // Without the key, or with another, it is a request of its own.
      #expect(try await bench.change(.post, Self.path, body).status == 409)
      #expect(try await bench.change(.post, Self.path, body, headers: ["Idempotency-Key": "k-2"]).status == 409)
    }
  }

  @Test("with a key that belongs to another request are refused")
  func otherRequest() async throws {
    try await ReportBench.with { bench in
      try await bench.addCheckpoint("C")
      let key = ["Idempotency-Key": "k"]
      #expect(try await bench.change(.post, Self.path, #"{"tx_hash": "t"}"#, headers: key).status == 200)
      let other = try await bench.change(.post, Self.path, #"{"tx_hash": "u"}"#, headers: key)
      #expect(other.status == 409 && other.detail == "Idempotency-Key was used with another request")
      for key in ["", "two words", String(repeating: "k", count: 201)] {
        let reply = try await bench.change(
          .post, Self.path, #"{"tx_hash": "t"}"#, headers: ["Idempotency-Key": key])
        #expect(reply.status == (key.isEmpty ? 409 : 422), "\(key)")
      }
    }
  }

  @Test("at the same moment have one effect, and all get the same answer")
  func race() async throws {
    try await ReportBench.with { bench in
      try await bench.addCheckpoint("C")
      let replies = try await withThrowingTaskGroup(of: ReportBench.Reply.self) { group in
        for _ in 0..<16 {
          group.addTask {
            try await bench.change(
              .post, Self.path, #"{"tx_hash": "t"}"#, headers: ["Idempotency-Key": "same"])
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(Set(replies.map(\.status)) == [200])
      #expect(Set(replies.map(\.json)).count == 1)
      #expect(try await Self.commands(bench).count == 1)
    }
  }

  @Test("steps at the same moment: one of them is made, and each that is made is recorded with who made it")
  func steps() async throws {
    let key = KeyRing.Key(name: "ops", secret: "secret", tier: .admin)
    try await ReportBench.with(keys: [key]) { bench in
      try await bench.addCheckpoint("C")
      let replies = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<16 {
          group.addTask {
            try await bench.change(
              .patch, "/reports/checkpoints/C/status", #"{"status": "SUBMITTED"}"#, headers: ["X-API-Key": "secret"]
            ).status
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(replies.sorted() == [200] + Array(repeating: 409, count: 15))
      #expect(
        try await Self.commands(bench) == [
          ["checkpoint.status", "C", "ops", "done", #"{"status": "SUBMITTED"}"#, "PENDING", nil]
        ])
    }
  }
}
