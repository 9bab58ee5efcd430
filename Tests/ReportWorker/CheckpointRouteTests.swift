import Competition
import Testing

@testable import ReportWorker

@Suite("The checkpoints' routes", .timeLimit(.minutes(2)))
struct CheckpointRouteTests {
  @Test("checkpoints are listed newest first, by status when asked for")
  func list() async throws {
    try await ReportBench.with { bench in
      #expect(try await bench.get("/reports/checkpoints").text == "[]")
      try await bench.addCheckpoint("old", secondsAgo: 7_200, status: "PAID")
      try await bench.addCheckpoint("new", secondsAgo: 0)
      func ids(_ query: String) async throws -> [String?] {
        try await bench.get("/reports/checkpoints" + query).rows.map { $0["id"]?.string }
      }
      #expect(try await ids("") == ["new", "old"])
      #expect(try await ids("?limit=1") == ["new"])
      #expect(try await ids("?status=PAID") == ["old"])
      #expect(try await ids("?status=paid") == [])
      #expect(try await ids("?status=") == [])
      #expect(try await bench.get("/reports/checkpoints?limit=101").status == 422)
      let newest = try await bench.get("/reports/checkpoints/latest").json
      #expect(newest["id"] == "new")
      #expect(newest["period_start"] == "2026-02-13T11:00:00Z")
      #expect(newest["period_end"] == "2026-02-13T12:00:00Z")
      #expect(newest["entries"]?.array?.first?["cruncher_rewards"]?.array?.count == 2)
      #expect(newest["meta"]?["model_count"] == 2)
      #expect(newest["tx_hash"] == .null)
      #expect(newest["submitted_at"] == .null)
      #expect(newest["merkle_root"] == nil)
    }
  }

  @Test("its payload, its emission in both shapes and the newest emission follow from what is stored")
  func emission() async throws {
    try await ReportBench.with { bench in
      try await bench.addCheckpoint("C", secondsAgo: 0)
      let payload = try await bench.get("/reports/checkpoints/C/payload").json
      #expect(payload["checkpoint_id"] == "C")
      #expect(payload["period_end"] == "2026-02-13T12:00:00+00:00")
      let emission = try await bench.get("/reports/checkpoints/C/emission").json
      #expect(payload["entries"] == .array([emission]))
      #expect(emission["crunch"] == "its-key")
      #expect(
        try await bench.get("/reports/checkpoints/C/emission/cli-format").json == [
          "crunch": "its-key", "crunchEmission": ["a": 65.0, "b": 35.0], "computeProvider": [:],
          "dataProvider": ["w": 0.000_000_5.rounded6],
        ])
      let latest = try await bench.get("/reports/emissions/latest").json
      #expect(latest["checkpoint_id"] == "C")
      #expect(latest["status"] == "PENDING")
      #expect(latest["period_start"] == "2026-02-13T11:00:00Z")
      #expect(latest["emission"] == emission)
    }
  }

  @Test("what is not there is 404, with the original's words")
  func missing() async throws {
    try await ReportBench.with { bench in
      for path in ["checkpoints/latest", "emissions/latest"] {
        let reply = try await bench.get("/reports/" + path)
        #expect(reply.status == 404)
        #expect(reply.detail == "No checkpoints found")
      }
      for path in ["payload", "emission", "emission/cli-format"] {
        #expect(try await bench.get("/reports/checkpoints/X/\(path)").detail == "Checkpoint not found")
      }
      try await bench.run(
        """
        INSERT INTO checkpoints (id, period_start, period_end, entries_jsonb) VALUES ('E', now(), now(), '[]')
        """)
      for path in ["checkpoints/E/emission", "checkpoints/E/emission/cli-format", "emissions/latest"] {
        let reply = try await bench.get("/reports/" + path)
        #expect(reply.status == 404)
        #expect(reply.detail == "No emission data in checkpoint")
      }
    }
  }

  @Test("confirming records the transaction, once")
  func confirm() async throws {
    try await ReportBench.with { bench in
      try await bench.addCheckpoint("C")
      let path = "/reports/checkpoints/C/confirm"
      for body in [#"{}"#, #"{"tx_hash": null}"#, #"{"tx_hash": ""}"#, #"{"tx_hash": 0}"#, #"{"tx_hash": []}"#] {
        let reply = try await bench.change(.post, path, body)
        #expect(reply.status == 422)
        #expect(reply.detail == "tx_hash required")
      }
      for body in [#"{"tx_hash": ["a"]}"#, #"{"tx_hash": "a\u0000"}"#, #"{"tx_hash": "\ud800"}"#, #"{"tx_hash": NaN}"#]
      {
        #expect(try await bench.change(.post, path, body).status == 422, "\(body)")
      }
      let confirmed = try await bench.change(.post, path, #"{"tx_hash": "5xT…", "more": 1}"#)
      #expect(confirmed.status == 200)
      #expect(confirmed.json["status"] == "SUBMITTED")
      #expect(confirmed.json["tx_hash"] == "5xT…")
      #expect(confirmed.json["submitted_at"]?.string?.hasSuffix("Z") == true)
      let again = try await bench.change(.post, path, #"{"tx_hash": "other"}"#)
      #expect(again.status == 409)
      #expect(again.detail == "Checkpoint is SUBMITTED, expected PENDING")
      #expect(try await bench.change(.post, "/reports/checkpoints/X/confirm", #"{"tx_hash": "t"}"#).status == 404)
    }
  }

  @Test("of many confirmations at the same time one wins")
  func race() async throws {
    try await ReportBench.with { bench in
      try await bench.addCheckpoint("C")
      let replies = try await withThrowingTaskGroup(of: (Int, String?).self) { group in
        for index in 0..<12 {
          group.addTask {
            let reply = try await bench.change(
              .post, "/reports/checkpoints/C/confirm", #"{"tx_hash": "t\#(index)"}"#)
            return (reply.status, reply.json["tx_hash"]?.string)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(replies.map(\.0).sorted() == [200] + Array(repeating: 409, count: 11))
      let winner = replies.first { $0.0 == 200 }?.1
      #expect(try await bench.get("/reports/checkpoints/latest").json["tx_hash"]?.string == winner)
    }
  }

  @Test("the status goes one step at a time and never back")
  func status() async throws {
    try await ReportBench.with { bench in
      try await bench.addCheckpoint("C")
      func change(_ status: String) async throws -> ReportBench.Reply {
        try await bench.change(.patch, "/reports/checkpoints/C/status", #"{"status": "\#(status)"}"#)
      }
      let skipping = try await change("PAID")
      #expect(skipping.status == 409)
      #expect(skipping.detail == "Cannot transition from PENDING to PAID. Allowed: ['SUBMITTED']")
      #expect(try await change("PENDING").status == 409)
      for status in ["SUBMITTED", "CLAIMABLE", "PAID"] {
        let reply = try await change(status)
        #expect(reply.status == 200)
        #expect(reply.json["status"]?.string == status)
        #expect(reply.json["tx_hash"] == .null)
      }
      #expect(try await change("PAID").detail == "Cannot transition from PAID to PAID. Allowed: []")
      let wrong = try await change("paid")
      #expect(wrong.status == 422)
      #expect(wrong.detail == "Invalid status: paid. Valid: ['PENDING', 'SUBMITTED', 'CLAIMABLE', 'PAID']")
      #expect(
        try await bench.change(.patch, "/reports/checkpoints/X/status", #"{"status": "PAID"}"#).detail
          == "Checkpoint not found")
    }
  }
}

extension Double {
  /// As the original rounds percentages.
  fileprivate var rounded6: JSON { .double((self * 1e6).rounded(.toNearestOrEven) / 1e6) }
}
