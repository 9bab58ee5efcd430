import Competition
import HTTPFetch
import Store
import Testing

@testable import ReportWorker

@Suite("Keys in a browser", .timeLimit(.minutes(2)))
struct SessionTests {
  private static let keys = [
    KeyRing.Key(name: "operator", secret: "opens-everything", tier: .admin),
    KeyRing.Key(name: "reader", secret: "only-reads", tier: .read),
    KeyRing.Key(name: "former", secret: "ran-out", tier: .admin, expiresAt: ReportBench.now.adding(seconds: -1)),
  ]

  private static func origin(_ bench: ReportBench) -> [String: String] {
    ["Origin": "http://127.0.0.1:\(bench.port)", "Content-Type": "application/x-www-form-urlencoded"]
  }

  private static func logIn(_ bench: ReportBench, _ secret: String, next: String = "/") async throws
    -> ReportBench.Reply
  {
    try await bench.change(
      .post, "/login", "key=\(secret)&next=\(next.percentEncoded)", headers: origin(bench))
  }

  private static func cookie(_ reply: ReportBench.Reply) -> String {
    String((reply.headers["set-cookie"] ?? "").prefix { $0 != ";" })
  }

  @Test("a key gives a session, which no script reads and no other site sends, and leads back to the page")
  func logsIn() async throws {
    try await ReportBench.with(keys: Self.keys, readsNeedKey: true) { bench in
      let asked = try await bench.get("/predictions?model=a")
      #expect(asked.status == 303 && asked.headers["location"] == "/login?next=%2Fpredictions%3Fmodel%3Da")
      let reply = try await Self.logIn(bench, "only-reads", next: "/predictions?model=a")
      #expect(reply.status == 303 && reply.headers["location"] == "/predictions?model=a")
      let header = try #require(reply.headers["set-cookie"])
      #expect(header.contains("HttpOnly") && header.contains("SameSite=Strict") && !header.contains("only-reads"))
      let cookie = ["Cookie": Self.cookie(reply)]
      let page = try await bench.get("/predictions", headers: cookie)
      #expect(page.status == 200 && page.text.contains("reader") && page.text.contains("Log out"))
      // What the page's script listens to, too.
      #expect(try await bench.get("/reports/predictions", headers: cookie).status == 200)
      #expect(try await bench.get("/reports/predictions").status == 401)
    }
  }

  @Test("a key that nobody has, or that ran out, gives none, and few may be tried")
  func refuses() async throws {
    try await ReportBench.with(keys: Self.keys) { bench in
      var statuses: [Int] = []
      for attempt in 0..<15 {
        let reply = try await Self.logIn(bench, attempt == 0 ? "ran-out" : "guess\(attempt)")
        #expect(reply.headers["set-cookie"] == nil)
        statuses.append(reply.status)
      }
      #expect(statuses.first == 401 && statuses.last == 429)
    }
  }

  @Test("only a page of this server changes something with a session")
  func foreignForms() async throws {
    try await ReportBench.with(keys: Self.keys) { bench in
      try await bench.addCheckpoint("C")
      let cookie = Self.cookie(try await Self.logIn(bench, "opens-everything"))
      let form = ["Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"]
      for origin in [nil, "http://evil.example", "null", "http://127.0.0.1:1"] {
        let headers = form.merging(origin.map { ["Origin": $0] } ?? [:]) { $1 }
        let reply = try await bench.change(.post, "/checkpoints/C/confirm", "tx_hash=5x", headers: headers)
        #expect(reply.status == 401, "\(origin ?? "none")")
        let api = try await bench.change(
          .post, "/reports/checkpoints/C/confirm", #"{"tx_hash": "5x"}"#,
          headers: headers.merging(["Content-Type": "application/json"]) { $1 })
        #expect(api.status == 401, "\(origin ?? "none")")
        let login = try await bench.change(
          .post, "/login", "key=opens-everything", headers: headers.filter { $0.key != "Cookie" })
        #expect(login.status == 403, "\(origin ?? "none")")
      }
      #expect(try await bench.store.report.checkpoint(id: "C")?.status == "PENDING")
      let own = try await bench.change(
        .post, "/checkpoints/C/confirm", "tx_hash=5x%2Fy", headers: form.merging(Self.origin(bench)) { $1 })
      #expect(own.status == 303 && own.headers["location"] == "/checkpoints/C")
      let checkpoint = try #require(try await bench.store.report.checkpoint(id: "C"))
      #expect(checkpoint.status == "SUBMITTED" && checkpoint.transactionHash == "5x/y")
      let again = try await bench.change(
        .post, "/checkpoints/C/confirm", "tx_hash=5x", headers: form.merging(Self.origin(bench)) { $1 })
      #expect(again.status == 409 && again.text.contains("Checkpoint is SUBMITTED, expected PENDING"))
    }
  }

  @Test("pages are behind the tiers of what they show")
  func tiers() async throws {
    try await ReportBench.with(keys: Self.keys) { bench in
      try await bench.addCheckpoint("C")
      #expect(try await bench.get("/").status == 200)
      #expect(try await bench.get("/checkpoints").status == 200)
      #expect(try await bench.get("/checkpoints/C").status == 303)
      #expect(try await bench.get("/checkpoints/C", headers: ["X-API-Key": "only-reads"]).status == 403)
      let page = try await bench.get("/checkpoints/C", headers: ["X-API-Key": "opens-everything"])
      #expect(page.status == 200 && page.text.contains("name=\"tx_hash\""))
    }
    try await ReportBench.with(keys: Self.keys, readsNeedKey: true) { bench in
      let ranking = try await bench.get("/")
      #expect(ranking.status == 200)
      for path in ["/predictions", "/pipeline", "/checkpoints", "/dead-letters", "/explain?id=a"] {
        #expect(try await bench.get(path).status == 303, "\(path)")
      }
    }
  }

  @Test("a session ends when its person says so, when its time is over, and with its key")
  func ends() async throws {
    let sessions = Sessions()
    let token = sessions.begin("operator", at: ReportBench.now)
    let other = sessions.begin("operator", at: ReportBench.now)
    #expect(token != other && token.count == 64)
    #expect(sessions.holder(of: token, at: ReportBench.now) == "operator")
    #expect(sessions.holder(of: token, at: ReportBench.now.adding(seconds: Sessions.length)) == nil)
    sessions.end(token)
    #expect(sessions.holder(of: token, at: ReportBench.now) == nil)
    #expect(sessions.holder(of: other, at: ReportBench.now) == "operator")
    let ring = KeyRing(Self.keys)
    #expect(ring.key(of: "operator", at: ReportBench.now)?.tier == .admin)
    #expect(ring.key(of: "former", at: ReportBench.now) == nil && ring.key(of: "nobody", at: ReportBench.now) == nil)
    try await ReportBench.with(keys: Self.keys, readsNeedKey: true) { bench in
      let cookie = ["Cookie": Self.cookie(try await Self.logIn(bench, "only-reads"))]
      #expect(try await bench.get("/pipeline", headers: cookie).status == 200)
      let left = try await bench.change(.post, "/logout", "", headers: Self.origin(bench).merging(cookie) { $1 })
      #expect(left.headers["set-cookie"]?.contains("Max-Age=0") == true)
      #expect(try await bench.get("/pipeline", headers: cookie).status == 303)
    }
  }

  @Test(
    "a login leads to no other server",
    arguments: [
      "//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a b", "/\r\nSet-Cookie: x=y",
    ])
  func ownPaths(path: String) {
    #expect(Dashboard.ownPath(path) == "/")
    #expect(Dashboard.ownPath("/models/a?hours=24") == "/models/a?hours=24")
  }

  @Test("without a key everybody reads, and a form counts on this machine alone")
  func withoutKeys() async throws {
    try await ReportBench.with { bench in
      try await bench.addCheckpoint("C")
      #expect(try await bench.get("/checkpoints/C").text.contains("name=\"tx_hash\""))
      let afar = try await bench.get("/checkpoints/C", headers: ["X-Forwarded-For": "10.0.0.1"])
      #expect(afar.status == 200 && !afar.text.contains("name=\"tx_hash\""))
      let foreign = try await bench.change(
        .post, "/checkpoints/C/confirm", "tx_hash=5x", headers: ["Origin": "http://evil.example"])
      #expect(foreign.status == 401)
      let own = try await bench.change(.post, "/checkpoints/C/confirm", "tx_hash=5x", headers: Self.origin(bench))
      #expect(own.status == 303)
    }
  }
}
