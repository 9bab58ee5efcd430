import Competition
import Foundation
import HTTPFetch
import Testing

@testable import ReportWorker

/// Requests that nobody would send, over rows that nobody would write. `FUZZ_SEED=n` repeats a run.
@Suite("Requests at random", .timeLimit(.minutes(5)))
struct FuzzTests {
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    // SplitMix64, by Steele, Lea and Flood (2014).
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
    mutating func pick<Item>(_ items: [Item]) -> Item { items[Int(next() % UInt64(items.count))] }
  }

  private static let values = [
    "", "a", "b", "a,b", "%00", "%ff%fe", "é", "\u{FFFD}", "0", "-1", "1", "20", "5.0", "1e9", "99999999999999999999",
    "NaN",
    "true", "no", "2026-02-13", "2026-02-13T12:00:00Z", "2026-02-13T12:00:00+14:00", "0001-01-01",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59", "-62135596800", "20260101", "1e400", "2026-02-30", "' OR 1=1 --",
    "__ensemble_main__",
    "main", "%", "%2", "[]", "null", "PENDING", "1770984000000000.p1", ".", "0.", "-9223372036854775808",
    String(repeating: "x", count: 3_000), "a\tb", "../../etc/passwd", "\\u0000", "a%2Cb%26c%3Dd",
  ]

  private static let bodies = [
    "", "{", "[]", "null", "7", "\"x\"", "{}", #"{"tx_hash": 1}"#, #"{"tx_hash": "\u0000"}"#, #"{"tx_hash": "\ud800"}"#,
    #"{"tx_hash": {"a": []}}"#, #"{"tx_hash": true}"#, #"{"status": null}"#, #"{"status": "PAID"}"#,
    #"{"status": ["PAID"]}"#,
    #"{"status": "\u0000"}"#,
    #"{"source": "binance", "subject": "\u0000", "kind": "", "granularity": "", "start": "", "end": ""}"#,
    #"{"source": "pyth", "subject": "", "kind": "", "granularity": "", "start": "0001-01-01", "end": "9999-12-31"}"#,
    #"{"a": 1e999}"#, #"{"a": NaN}"#, String(repeating: "[", count: 60_000), String(repeating: "x", count: 70_000),
    #"{"tx_hash": "a", "tx_hash": "b"}"#, "\u{FEFF}{}", "{\"tx_hash\": \"\u{1F600}\"}",
  ]

  private static func request(_ routes: [Route], _ random: inout Generator) -> (HTTPRequest.Method, String, String) {
    let route = random.pick(routes)
    let path = route.pathParameters.reduce(route.path) { path, name in
      path.replacing("{\(name)}", with: random.pick(values + ["C1", "C2", "odd1", "j1", "latest"]).percentEncoded)
    }
    let names =
      route.operation.parameters.map(\.name) + ["limit", "cursor", "resolution", "unknown", "projectids", "offset"]
    let query = (0..<Int(random.next() % 5)).map { _ in
      // Half of the values go as they are: those that are encoded already, and those that no client would send.
      let value = random.pick(values)
      return random.pick(names) + "="
        + (random.next() % 2 == 0 ? value.percentEncoded : value.filter { $0.isASCII && !" \t#".contains($0) })
    }
    let tail = (random.next() % 10 == 0 ? "/" : "") + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    let own = HTTPRequest.Method(rawValue: route.method.rawValue) ?? .get
    let method = random.next() % 12 == 0 ? random.pick([.get, .post, .patch]) : own
    return (method, path + tail, random.pick(bodies))
  }

  /// How long they take is judged by `make check-api`, where nothing runs beside them.
  @Test("never end in an error of the server, or in JSON that is none")
  func requests() async throws {
    let seed =
      ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...99_999_999)
    print("FUZZ_SEED=\(seed)")
    try await ReportBench.with { bench in
      try await OddRows.fill(bench)
      for index in 1...40 { try await bench.addCheckpoint("C\(index)", secondsAgo: index) }
      var random = Generator(state: seed)
      let routes = DocumentTests.table(bench).routes.filter { $0.operation.answer.contentType != "text/event-stream" }
      for turn in 0..<1_500 {
        let (method, path, body) = Self.request(routes, &random)
        let reply =
          method == .get ? try await bench.get(path) : try await bench.change(method, path, body)
        let what = "seed \(seed), turn \(turn): \(method) \(path.prefix(300)) \(body.prefix(100))"
        #expect(reply.status < 500, "\(what): \(reply.text.prefix(200))")
        if reply.status >= 400 { #expect(reply.json["detail"] != nil, "\(what)") }
        for word in ["SELECT", "pg_", "postgres", "PostgresError"] {
          #expect(!reply.text.contains(word) || reply.status == 200, "\(what)")
        }
      }
    }
  }
}
