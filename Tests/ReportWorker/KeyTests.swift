import Competition
import Testing

@testable import ReportWorker

@Suite("Keys of the report API", .timeLimit(.minutes(2)))
struct KeyTests {
  private static let now = ReportBench.now

  @Test("a file names who holds a key, what it opens and until when; a digest stands for a secret")
  func file() throws {
    // printf s3cret | sha256sum
    let digest = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
    let ring = KeyRing(
      try KeyFile.keys(
        in: """
          # who     secret             opens  until
          reader    open-sesame        read   never

          operator  sha256:\(digest)   admin  2026-12-31
          former    old-key            admin  2026-02-13T12:00:00Z
          """))
    #expect(ring.holder(of: "open-sesame", at: Self.now)?.name == "reader")
    #expect(ring.holder(of: "open-sesame", at: Self.now)?.tier == .read)
    #expect(ring.holder(of: "s3cret", at: Self.now)?.name == "operator")
    #expect(ring.holder(of: digest, at: Self.now) == nil, "the digest is no key")
    #expect(ring.holder(of: "old-key", at: Self.now) == nil, "it has expired")
    #expect(ring.holder(of: "old-key", at: Self.now.adding(seconds: -1))?.name == "former")
    #expect(ring.holder(of: "", at: Self.now) == nil)
  }

  @Test(
    "a line that is not right is named, and no secret is said",
    arguments: [
      "name top-secret admin", "name top-secret root never", "name top-secret admin sometime",
      "name sha256:top-secret admin never", "name sha256:abcd admin never",
    ])
  func badFile(line: String) {
    #expect { try KeyFile.keys(in: "# keys\n\(line)") } throws: { error in
      "\(error)".hasPrefix("API_KEYS_FILE, line 2: ") && !"\(error)".contains("top-secret")
    }
  }

  @Test("a key that may read changes nothing, and reads what needs a key")
  func tiers() async throws {
    let keys = [
      KeyRing.Key(name: "reader", secret: "r", tier: .read), KeyRing.Key(name: "ops", secret: "o", tier: .admin),
      KeyRing.Key(name: "former", secret: "f", tier: .admin, expiresAt: Self.now),
    ]
    try await ReportBench.with(keys: keys, readsNeedKey: true) { bench in
      try await bench.addCheckpoint("C")
      func status(_ path: String, _ key: String) async throws -> Int {
        try await bench.get(path, headers: ["X-API-Key": key]).status
      }
      #expect(try await status("/reports/predictions", "r") == 200)
      #expect(try await status("/reports/predictions", "f") == 401)
      #expect(try await status("/reports/checkpoints/C/payload", "r") == 403)
      #expect(try await status("/reports/checkpoints/C/payload", "o") == 200)
      #expect(try await status("/reports/leaderboard", "nobody's") == 200, "what is open is open for all")
      let change = try await bench.change(
        .patch, "/reports/checkpoints/C/status", #"{"status": "SUBMITTED"}"#, headers: ["X-API-Key": "r"])
      #expect(change.status == 403 && change.detail == "This API key may only read")
    }
  }
}

@Suite("Limits of requests")
struct RateLimitTests {
  @Test("a bucket gives a burst, then as many a second as its rate, and says when there is one again")
  func bucket() {
    var bucket = TokenBucket(rate: 2, burst: 3, at: 0)
    #expect((0..<3).allSatisfy { _ in bucket.take(at: 0) == nil })
    #expect(bucket.take(at: 0) == 0.5)
    #expect(bucket.take(at: 0.5) == nil)
    #expect(bucket.take(at: 0.5) == 0.5)
    #expect(!bucket.isFull(at: 1) && bucket.isFull(at: 60))
    #expect((0..<3).allSatisfy { _ in bucket.take(at: 60) == nil })
    #expect(bucket.take(at: 60) != nil, "rest does not add up beyond the burst")
  }

  @Test("behind a trusted proxy it is the address that it names that counts, and nobody else's word")
  func proxies() throws {
    let proxies = try TrustedProxies(["10.0.0.7", "172.18.0.0/15", "fd00::/8"])
    func client(_ peer: String, _ headers: String...) -> String { proxies.client(of: peer, forwardedFor: headers) }
    #expect(client("10.0.0.7", "192.0.2.1") == "192.0.2.1")
    #expect(client("10.0.0.7", "8.8.8.8, 192.0.2.1 , 172.19.255.1") == "192.0.2.1", "what stands before can be made up")
    #expect(client("::ffff:10.0.0.7", "8.8.8.8", "2001:db8::1, fd01::2") == "2001:db8::1")
    #expect(client("10.0.0.8", "192.0.2.1") == "10.0.0.8")
    #expect(client("172.20.0.1", "192.0.2.1") == "172.20.0.1")
    #expect(client("10.0.0.7") == "10.0.0.7")
    #expect(client("10.0.0.7", "who knows") == "10.0.0.7")
    #expect(client("10.0.0.7", "10.0.0.7") == "10.0.0.7")
    for wrong in ["10.0.0", "10.0.0.7/33", "proxy", "10.0.0.7/", ""] {
      #expect(throws: TrustedProxies.Unreadable(text: wrong)) { _ = try TrustedProxies([wrong]) }
    }
  }

  @Test("each of those for whom a trusted proxy asks has a limit of its own")
  func behindProxy() async throws {
    let proxies = try TrustedProxies(["127.0.0.1"])
    try await ReportBench.with(configure: { ($0.requestsPerSecond, $0.proxies) = (0.1, proxies) }) { bench in
      for address in ["192.0.2.1", "192.0.2.2"] {
        let forwarded = ["X-Forwarded-For": address]
        let (first, second) = (
          try await bench.get("/healthz", headers: forwarded), try await bench.get("/healthz", headers: forwarded)
        )
        #expect(first.status == 200 && second.status == 429)
      }
    }
  }

  @Test("who asks too often is told when to come back; others, other keys and this machine itself are not concerned")
  func overHTTP() async throws {
    let keys = [
      KeyRing.Key(name: "one", secret: "1", tier: .read), KeyRing.Key(name: "two", secret: "2", tier: .read),
    ]
    try await ReportBench.with(keys: keys, configure: { $0.requestsPerSecond = 0.1 }) { bench in
      let forwarded = ["X-Forwarded-For": "192.0.2.1"]
      #expect(try await bench.get("/healthz", headers: forwarded).status == 200)
      let second = try await bench.get("/healthz", headers: forwarded)
      #expect(second.status == 429 && second.detail == "Too many requests")
      #expect(second.headers["retry-after"].flatMap { Int($0) }.map { (1...10).contains($0) } == true)
      for key in ["1", "2"] {
        let headers = forwarded.merging(["X-API-Key": key]) { $1 }
        #expect(try await bench.get("/healthz", headers: headers).status == 200)
        #expect(try await bench.get("/healthz", headers: headers).status == 429)
      }
      for _ in 0..<5 { #expect(try await bench.get("/healthz").status == 200) }
    }
  }
}
