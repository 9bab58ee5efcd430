import Competition
import HTTPTypes
import Testing
import VectorKit

@testable import ReportWorker

@Suite("Access to the report API")
struct AccessTests {
  static let publicPrefixes = [
    "/healthz", "/reports/schema", "/reports/leaderboard", "/reports/models", "/reports/feeds", "/reports/diversity",
    "/reports/ensemble", "/reports/checkpoints/rewards", "/info", "/docs", "/redoc", "/openapi.json",
  ]
  static let adminPrefixes = ["/reports/backfill", "/reports/checkpoints/", "/custom"]

  private static func caller(_ headers: [String: String], host: String = "node.example", isLoopback: Bool = false)
    -> Caller
  {
    var fields = HTTPFields()
    for (name, value) in headers { if let name = HTTPField.Name(name) { fields[name] = value } }
    var caller = Caller(
      HTTPRequest(method: .get, scheme: "http", authority: host, path: "/", headerFields: fields), peer: nil)
    caller.isLoopback = isLoopback
    return caller
  }

  private static func isAllowed(_ policy: AccessPolicy, isChange: Bool = false, _ path: String, _ caller: Caller)
    -> Bool
  {
    do {
      _ = try policy.check(
        isChange: isChange, path, caller, holder: caller.key.flatMap { policy.keys.holder(of: $0, at: ReportBench.now) }
      )
      return true
    } catch {
      return false
    }
  }

  /// A ring with one key that opens everything; an empty one without.
  private static func ring(_ secret: String?) -> KeyRing {
    KeyRing(secret.map { [KeyRing.Key(name: "API_KEY", secret: $0, tier: .admin)] } ?? [])
  }

  /// Left out of the comparison: cases with a key in the query string, which never counts here (decision 25).
  @Test("with a key the tiers are those of the original")
  func tiers() throws {
    let cases = try Vectors("v101_auth").cases
    #expect(cases.count > 0)
    for item in cases where item.input["query"]?.object?.isEmpty != false {
      let policy = AccessPolicy(
        keys: Self.ring(item.input["api_key"]?.string), readsNeedKey: item.input["read_auth"]?.bool == true,
        publicPrefixes: Self.publicPrefixes, adminPrefixes: Self.adminPrefixes)
      var headers: [String: String] = [:]
      for header in item.input["headers"]?.object ?? [:] { headers[header.key] = header.value.string }
      let path = try #require(item.input["path"]?.string)
      let isAllowed = Self.isAllowed(policy, path, Self.caller(headers))
      #expect(isAllowed == (item.expected?["status"] == 200), "\(item.id) \(path)")
    }
  }

  @Test("what nothing answers has the tier of its path, whatever its method")
  func otherMethods() async throws {
    try await ReportBench.with(keys: [.init(name: "API_KEY", secret: "secret", tier: .admin)]) { bench in
      let onlyRead = try await bench.change(.post, "/reports/leaderboard", "{}")
      #expect(onlyRead.status == 405)
      #expect(try await bench.change(.patch, "/reports/checkpoints", "{}").status == 405)
      #expect(try await bench.change(.post, "/nowhere", "{}").status == 404)
      #expect(try await bench.change(.post, "/reports/checkpoints/C", "{}").status == 401)
      #expect(try await bench.change(.post, "/tournament/rounds", "{}").status == 401)
    }
  }

  @Test("a key in the query string does not count")
  func queryKey() async throws {
    try await ReportBench.with(keys: [.init(name: "API_KEY", secret: "secret", tier: .admin)], readsNeedKey: true) {
      bench in
      #expect(try await bench.get("/reports/predictions?api_key=secret").status == 401)
      for headers in [["X-API-Key": "secret"], ["Authorization": "bearer secret "]] {
        let reply = try await bench.get("/reports/predictions", headers: headers)
        #expect(reply.status == 200)
      }
      let refused = try await bench.get("/reports/predictions", headers: ["X-API-Key": "secret2"])
      #expect(refused.status == 401)
      #expect(refused.detail == "API key required")
    }
  }

  @Test("with a key a change needs it, also on a path whose reading is open")
  func changes() {
    let policy = AccessPolicy(
      keys: Self.ring("secret"), readsNeedKey: false, publicPrefixes: ["/reports/elsewhere"],
      adminPrefixes: ["/reports/checkpoints/"])
    #expect(!Self.isAllowed(policy, isChange: true, "/reports/elsewhere", Self.caller([:], isLoopback: true)))
    #expect(Self.isAllowed(policy, "/reports/elsewhere", Self.caller([:])))
    #expect(Self.isAllowed(policy, isChange: true, "/reports/elsewhere", Self.caller(["X-API-Key": "secret"])))
  }

  private static let local = "127.0.0.1:8000"

  @Test(
    "without a key reading is open, and a change is possible only from this machine by its own name",
    arguments: [
      (local, true, [:], true), ("localhost:8000", true, [:], true), ("[::1]:8000", true, [:], true),
      (local, true, ["Origin": "http://127.0.0.1:8000"], true),
      (local, false, [:], false), ("node.example", true, [:], false), ("127.0.0.1.evil.example", true, [:], false),
      (local, true, ["Forwarded": "for=1.2.3.4"], false), (local, true, ["X-Forwarded-For": "1.2.3.4"], false),
      (local, true, ["X-Forwarded-Host": "h"], false), (local, true, ["Origin": "https://evil.example"], false),
      (local, true, ["Origin": "null"], false),
    ] as [(String, Bool, [String: String], Bool)])
  func withoutKey(host: String, isLoopback: Bool, headers: [String: String], mayChange: Bool) {
    let policy = AccessPolicy(keys: KeyRing(), readsNeedKey: true, publicPrefixes: [], adminPrefixes: ["/"])
    let caller = Self.caller(headers, host: host, isLoopback: isLoopback)
    #expect(Self.isAllowed(policy, "/reports/predictions", caller))
    #expect(Self.isAllowed(policy, isChange: true, "/reports/checkpoints/C/status", caller) == mayChange)
  }

  @Test("the rules hold over HTTP")
  func overHTTP() async throws {
    try await ReportBench.with { bench in
      try await bench.addCheckpoint("C")
      let path = "/reports/checkpoints/C/status"
      let forwarded = try await bench.change(
        .patch, path, #"{"status": "SUBMITTED"}"#, headers: ["X-Forwarded-For": "10.0.0.1"])
      #expect(forwarded.status == 401)
      let foreign = try await bench.change(
        .patch, path, #"{"status": "SUBMITTED"}"#, headers: ["Host": "evil.example"])
      #expect(foreign.status == 401)
      #expect(try await bench.get("/reports/checkpoints/latest").json["status"] == "PENDING")
      #expect(try await bench.change(.patch, path, #"{"status": "SUBMITTED"}"#).status == 200)
    }
  }

  @Test("other sites may read by default, and only those of a list when there is one")
  func crossOrigin() throws {
    var fields = HTTPFields()
    fields[.origin] = "https://a.example"
    fields[.accessControlRequestMethod] = "GET"
    let asked = HTTPRequest(method: .options, scheme: nil, authority: "h", path: "/", headerFields: fields)
    #expect(CrossOrigin(["*"]).preflight(asked)?.headers[.accessControlAllowOrigin] == "*")
    #expect(CrossOrigin(["*"]).preflight(asked)?.headers[.accessControlAllowCredentials] == nil)
    let listed = CrossOrigin(["https://a.example"])
    #expect(listed.preflight(asked)?.headers[.accessControlAllowOrigin] == "https://a.example")
    #expect(CrossOrigin(["https://b.example"]).preflight(asked)?.status == .badRequest)
    var headers = HTTPFields()
    listed.allow("https://b.example", &headers)
    #expect(headers[.accessControlAllowOrigin] == nil)
  }
}
