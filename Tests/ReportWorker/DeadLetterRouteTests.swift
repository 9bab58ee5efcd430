import Competition
import Store
import Testing

@testable import ReportWorker

@Suite("The routes of dead letters", .timeLimit(.minutes(2)))
struct DeadLetterRouteTests {
  private static func give(_ bench: ReportBench) async throws -> Int64 {
    try await bench.store.deadLetters.record([
      NewDeadLetter(
        stream: "predictions.pending", entryID: "1-0", kind: "scoring", cause: "raised",
        fields: [(name: "input_id", value: "INP"), (name: "scope_key", value: "s")], deliveries: 8, worker: "w")
    ])
    return try #require(try await bench.store.deadLetters.list(limit: 1).first).id
  }

  @Test("tell what was given up and why")
  func rows() async throws {
    try await ReportBench.with { bench in
      let empty = try await bench.get("/reports/dead-letters")
      #expect(empty.text == "[]")
      let id = try await Self.give(bench)
      let row = try #require(try await bench.get("/reports/dead-letters").rows.first)
      #expect(row["id"] == .int(id) && row["cause"] == "raised" && row["resolution"] == .null)
      #expect(row["payload"] == ["input_id": "INP", "scope_key": "s"])
      _ = try await bench.store.deadLetters.discard(id: id)
      #expect(try await bench.get("/reports/dead-letters").rows.isEmpty)
      #expect(
        try await bench.get("/reports/dead-letters?include_resolved=yes").rows.first?["resolution"] == "discarded")
    }
  }

  @Test("a replay is a command: answered when a worker has done it, else accepted, and one however often it is sent")
  func replay() async throws {
    try await ReportBench.with { bench in
      let id = try await Self.give(bench)
      let path = "/reports/dead-letters/\(id)/replay"
      #expect(try await bench.change(.post, "/reports/dead-letters/999/replay", "{}").status == 404)
      let first = try await bench.change(.post, path, "{}")
      let second = try await bench.change(.post, path, "{}")
      #expect(first.status == 202 && first.json["state"] == "pending")
      #expect(second.json["id"] == first.json["id"])
      let command = try #require(first.json["id"]?.string)
      let waiting = Task { try await bench.change(.post, path, "{}") }
      try await bench.store.commands.finish(id: command, state: "done", result: ["reopened": 2])
      let done = try await waiting.value
      // It may have come before, and then waits for this one; or after, and asks anew.
      #expect(done.status == 200 || done.json["id"] != first.json["id"])
      let rows = try await bench.store.pool.query("SELECT actor FROM commands WHERE target = $1", [.text(String(id))])
      #expect(try rows[0].text(0) == AccessPolicy.thisMachine)
    }
  }
}
