import Competition
import Testing

@testable import ReportWorker

@Suite("The routes of backfills", .timeLimit(.minutes(2)))
struct BackfillRouteTests {
  private static let path = "/reports/backfill"
  private static func body(source: String = "binance", end: String = "2026-02-02") -> String {
    #"{"source": "\#(source)", "subject": "BTCUSDT", "kind": "candle", "granularity": "1m", "#
      + #""start": "2026-02-01T00:00:00", "end": "\#(end)", "more": 1}"#
  }

  @Test("a request makes a job and a command for the worker that fetches, one at a time")
  func request() async throws {
    try await ReportBench.with { bench in
      let made = try await bench.change(.post, Self.path, Self.body())
      #expect(made.status == 201)
      let id = try #require(made.json["id"]?.string)
      #expect(id.count == 36)
      let job = made.json.object?.filter { !["id", "created_at", "updated_at"].contains($0.key) } ?? []
      #expect(
        JSON.object(JSONObject(job.map { ($0.key, $0.value) })) == [
          "source": "binance", "subject": "BTCUSDT", "kind": "candle", "granularity": "1m",
          "start_ts": "2026-02-01T00:00:00Z", "end_ts": "2026-02-02T00:00:00Z", "cursor_ts": "2026-02-01T00:00:00Z",
          "records_written": 0, "pages_fetched": 0, "status": "pending", "error": nil, "destination": "parquet",
        ])
      #expect(made.json["created_at"]?.string?.hasSuffix("Z") == true)
      let commands = try await bench.store.pool.query("SELECT kind, target, state, actor FROM commands")
      #expect(
        commands.map { row in (0..<4).map { row.textIfPresent($0) } } == [
          ["backfill", id, "pending", "this machine"]
        ])
      let second = try await bench.change(.post, Self.path, Self.body())
      #expect(second.status == 409 && second.detail == "Backfill job \(id) is already pending")
      try await bench.run("UPDATE backfill_jobs SET status = 'running'")
      #expect(try await bench.change(.post, Self.path, Self.body()).detail?.hasSuffix("already running") == true)
      try await bench.run("UPDATE backfill_jobs SET status = 'failed', error = 'gone'")
      #expect(try await bench.change(.post, Self.path, Self.body()).status == 201)
    }
  }

  @Test("history goes into files, or into the table for those who say so; what cannot be a folder fails as a job")
  func destination() async throws {
    try await ReportBench.with { bench in
      func body(_ more: String, subject: String = "BTCUSDT") -> String {
        Self.body().replacing("\"more\": 1", with: more).replacing("BTCUSDT", with: subject)
      }
      let made = try await bench.change(.post, Self.path, body(#""destination": "records""#))
      #expect(made.status == 201 && made.json["destination"] == "records")
      try await bench.run("UPDATE backfill_jobs SET status = 'completed'")
      let wrong = try await bench.change(.post, Self.path, body(#""destination": "tape""#))
      #expect(wrong.status == 422 && wrong.json["detail"]?.array?.first?["loc"]?.array?.last == "destination")
      let way = try await bench.change(.post, Self.path, body(#""more": 1"#, subject: "../../etc"))
      #expect(way.status == 201 && way.json["subject"] == "../../etc")
      let unknown = try await bench.change(.post, Self.path, Self.body(source: "nobody"))
      #expect(unknown.status == 409, "one at a time comes first")
      try await bench.run("UPDATE backfill_jobs SET status = 'failed'")
      #expect(try await bench.change(.post, Self.path, Self.body(source: "nobody")).status == 201)
    }
  }

  @Test("who cancels asks the feed worker; a job that is done is not cancelled")
  func cancel() async throws {
    try await ReportBench.with { bench in
      #expect(try await bench.change(.post, "/reports/backfill/jobs/none/cancel", "{}").status == 404)
      let id = try #require(try await bench.change(.post, Self.path, Self.body()).json["id"]?.string)
      let way = "/reports/backfill/jobs/\(id)/cancel"
      let asked = try await bench.change(.post, way, "{}")
      #expect(asked.status == 202 && asked.json["state"] == "pending")
      let commands = try await bench.store.pool.query(
        "SELECT target, state FROM commands WHERE kind = 'backfill.cancel'")
      #expect(commands.map { row in (0..<2).map { row.textIfPresent($0) } } == [[id, "pending"]])
      try await bench.run("UPDATE backfill_jobs SET status = 'cancelled'")
      let late = try await bench.change(.post, way, "{}")
      #expect(late.status == 409 && late.detail == "Backfill job \(id) is already cancelled")
    }
  }

  @Test("of many requests at the same time one makes a job")
  func race() async throws {
    try await ReportBench.with { bench in
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<12 {
          group.addTask { try await bench.change(.post, Self.path, Self.body()).status }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.sorted() == [201] + Array(repeating: 409, count: 11))
    }
  }

  @Test("the same request twice, by its key, makes one job and answers with it")
  func twice() async throws {
    try await ReportBench.with { bench in
      let key = ["Idempotency-Key": "k"]
      let first = try await bench.change(.post, Self.path, Self.body(), headers: key)
      let second = try await bench.change(.post, Self.path, Self.body(), headers: key)
      #expect(second.status == 201 && second.json == first.json)
      #expect(try await bench.change(.post, Self.path, Self.body(end: "2026-02-03"), headers: key).status == 409)
    }
  }

  @Test("an empty span is done at once and blocks nothing")
  func emptySpan() async throws {
    try await ReportBench.with { bench in
      for _ in 0..<2 {
        let made = try await bench.change(.post, Self.path, Self.body(end: "2026-01-01"))
        #expect(made.status == 201)
        let job = try await bench.get("/reports/backfill/jobs/\(made.json["id"]?.string ?? "")").json
        #expect(job["status"] == "completed" && job["progress_pct"]?.number == 0)
      }
    }
  }

  @Test("what does not validate is said at once, before anything is looked at")
  func validation() async throws {
    try await ReportBench.with { bench in
      let reply = try await bench.change(
        .post, Self.path, #"{"source": 1, "subject": "s", "kind": null, "start": 5, "end": "tomorrow"}"#)
      #expect(reply.status == 422)
      let problems = reply.json["detail"]?.array ?? []
      #expect(
        problems.map { [$0["type"], $0["loc"]?.array?.last] } == [
          ["string_type", "source"], ["string_type", "kind"], ["missing", "granularity"], ["datetime_type", "start"],
          ["datetime_from_date_parsing", "end"],
        ])
      #expect(problems.allSatisfy { $0["loc"]?.array?.first == "body" })
      #expect(try await bench.get("/reports/backfill/jobs").text == "[]")
    }
  }

  @Test("jobs are listed newest first, by status when asked for, and each tells how far it has come")
  func jobs() async throws {
    try await ReportBench.with { bench in
      try await bench.run(
        """
        INSERT INTO backfill_jobs (id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, status, created_at)
        SELECT 'j' || i, 's', 's', 'k', 'g', '2026-02-01', '2026-02-05', timestamptz '2026-02-01' + i * interval '1 day',
          CASE i WHEN 1 THEN 'running' ELSE 'completed' END, timestamptz '2026-02-10' + i * interval '1 second'
        FROM generate_series(-1, 120) i
        """)
      let jobs = try await bench.get("/reports/backfill/jobs").rows
      #expect(jobs.count == 100 && jobs.first?["id"] == "j120")
      #expect(try await bench.get("/reports/backfill/jobs?status=running").rows.map { $0["id"] } == ["j1"])
      #expect(try await bench.get("/reports/backfill/jobs?status=RUNNING").text == "[]")
      for (id, progress) in [("j-1", 0.0), ("j1", 25), ("j4", 100), ("j9", 100)] {
        #expect(try await bench.get("/reports/backfill/jobs/\(id)").json["progress_pct"]?.number == progress)
      }
      let none = try await bench.get("/reports/backfill/jobs/none")
      #expect(none.status == 404 && none.detail == "Backfill job not found")
      #expect(try await bench.get("/reports/backfill/feeds").text == "[]")
    }
  }
}
