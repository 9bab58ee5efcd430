import Competition
import HTTPFetch
import Store
import Testing

@testable import ReportWorker

@Suite("The dashboard", .timeLimit(.minutes(3)))
struct DashboardTests {
  static let paths = [
    "/", "/?sort=name&order=desc&hours=168&page=2", "/?sort=nothing&page=-1&hours=x", "/?page=9223372036854775807",
    "/models/a",
    "/models/%C3%A9%20%C2%B2",
    "/feeds", "/feeds/s/a/candle/1m", "/pipeline", "/predictions",
    "/predictions?model=a&status=SCORED&scope=s&before=1.p",
    "/predictions?status=nothing&before=x", "/explain", "/explain?id=p1", "/checkpoints", "/checkpoints/C1",
    "/checkpoints/strange", "/dead-letters", "/dead-letters?all=1&command=x", "/login", "/login?next=//evil.example",
  ]

  @Test("every page answers, of a node that has nothing, and of one with odd rows of other tools")
  func pages() async throws {
    try await ReportBench.with { bench in
      for isFilled in [false, true] {
        if isFilled { try await OddRows.fill(bench) }
        for path in Self.paths {
          let reply = try await bench.get(path)
          #expect(reply.status == 200 || reply.status == 404, "\(path): \(reply.status)")
          #expect(reply.headers["content-type"] == "text/html; charset=utf-8", "\(path)")
          #expect(reply.text.contains("<h1>") && reply.text.contains("</html>"), "\(path)")
        }
      }
    }
  }

  @Test("whatever an address says, no page fails")
  func anything() async throws {
    let values = [
      "", "%00", "%ff", "'%20OR%201=1--", "99999999999999999999", "NaN", "-1", "%3Cscript%3E", "..%2F..%2Fetc%2Fpasswd",
      String(repeating: "x", count: 3_000), "1770984000000000.p1", "SCORED", "C1", "a",
    ]
    try await ReportBench.with { bench in
      try await OddRows.fill(bench)
      for value in values {
        for path in [
          "/?sort=\(value)&order=\(value)&hours=\(value)&page=\(value)", "/models/\(value)",
          "/feeds/s/\(value)/candle/1m",
          "/predictions?model=\(value)&scope=\(value)&status=\(value)&before=\(value)", "/explain?id=\(value)",
          "/checkpoints/\(value)", "/dead-letters?command=\(value)", "/login?next=\(value)",
        ] {
          let reply = try await bench.get(path)
          #expect(reply.status < 500 && !reply.text.contains("<script>"), "\(path.prefix(80)): \(reply.status)")
        }
      }
    }
  }

  @Test("what models and feeds are called is text, whatever they are called")
  func escaping() async throws {
    try await ReportBench.with { bench in
      let name = #"<script>alert("x")</script>'&"#
      try await bench.run(
        "INSERT INTO models (id, name, player_name) VALUES ('m\"><b>', $1, $1)", [.text(name)])
      try await bench.store.leaderboards.save(
        Leaderboard(
          id: "L", createdAt: ReportBench.now,
          entries: [
            [
              "model_id": "m\"><b>", "model_name": .string(name), "cruncher_name": .string(name), "rank": 1,
              "score": ["metrics": ["score_recent": 0.5]],
            ]
          ]))
      for path in ["/", "/models/m%22%3E%3Cb%3E"] {
        let text = try await bench.get(path).text
        #expect(text.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"), "\(path)")
        #expect(!text.contains("<script>") && !text.contains("\"><b>"), "\(path)")
      }
    }
  }

  @Test("pages take style and scripts from here alone, and each of them is there, to be kept")
  func assets() async throws {
    try await ReportBench.with { bench in
      let page = try await bench.get("/")
      let policy = try #require(page.headers["content-security-policy"])
      #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
      #expect(!policy.contains("unsafe") && policy.contains("form-action 'self'"))
      // Otherwise browsers say `null` where a form comes from.
      #expect(page.headers["referrer-policy"] == "same-origin")
      let assets = DashboardAssets()
      for asset in assets.all {
        let reply = try await bench.get("\(assets.folder)/\(asset.name)")
        #expect(reply.status == 200 && reply.headers["content-type"] == asset.contentType)
        #expect(reply.headers["cache-control"] == "max-age=31536000")
      }
      #expect(page.text.contains("\(assets.folder)/dashboard.css"))
      #expect(page.headers["cache-control"] == "private, no-cache")
    }
  }

  @Test("a person who is lost gets a page, a program JSON")
  func lost() async throws {
    try await ReportBench.with { bench in
      let person = try await bench.get("/nowhere", headers: ["Accept": "text/html,application/xhtml+xml"])
      #expect(person.status == 404 && person.text.contains("Nothing is here"))
      let program = try await bench.get("/nowhere")
      #expect(program.status == 404 && program.text == #"{"detail":"Not Found"}"#)
      let api = try await bench.get("/reports/checkpoints/none/payload", headers: ["Accept": "text/html"])
      #expect(api.status == 404 && api.headers["content-type"] == "application/json")
      #expect(try await bench.get("/models/nobody").status == 404)
    }
  }

  @Test("a fault is told in words, and nothing of it is shown")
  func fault() async throws {
    try await ReportBench.with { bench in
      try await bench.run("ALTER TABLE checkpoints RENAME TO elsewhere")
      let reply = try await bench.get("/checkpoints")
      #expect(reply.status == 500 && reply.text.contains("Something went wrong"))
      #expect(!reply.text.contains("relation") && !reply.text.contains("SELECT"))
    }
  }

  @Test("the ranking is sorted by any column, rows without its value last, and leads on when it is long")
  func sorting() async throws {
    try await ReportBench.with { bench in
      try await bench.run(
        """
        INSERT INTO leaderboards (id, created_at, entries_jsonb)
        SELECT 'L', now(), jsonb_agg(jsonb_build_object('model_id', 'm' || i, 'model_name', 'n' || i, 'rank', i, 'score',
          jsonb_build_object('metrics', CASE WHEN i = 3 THEN '{}' ELSE jsonb_build_object('score_recent', i % 7) END)))
        FROM generate_series(1, 150) i
        """)
      func models(_ query: String) async throws -> [String] {
        try await bench.get("/" + query).text.split(separator: "data-model=\"").dropFirst().map {
          String($0.prefix { $0 != "\"" })
        }
      }
      #expect(try await models("").prefix(3) == ["m1", "m2", "m3"])
      #expect(try await models("").count == 100)
      #expect(try await models("?page=2").first == "m101")
      #expect(try await models("?sort=rank&order=desc").first == "m150")
      #expect(try await models("?sort=score_recent").prefix(2) == ["m6", "m13"])
      #expect(try await models("?sort=score_recent&order=asc").first == "m7")
      #expect(try await models("?sort=score_recent&order=asc&page=2").last == "m3")
    }
  }
}
