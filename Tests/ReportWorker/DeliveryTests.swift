import Competition
import Foundation
import HTTPFetch
import NIOCore
import Store
import TestKit
import Testing
import Zlib

@testable import ReportWorker

@Suite("How answers go out", .timeLimit(.minutes(2)))
struct DeliveryTests {
  private static func gunzipped(_ bytes: ByteBuffer) async throws -> String {
    let path = NSTemporaryDirectory() + "/" + UUID().uuidString
    try Data(bytes.readableBytesView).write(to: URL(filePath: path + ".gz"))
    let (code, lines) = try await RunningProcess.run("/bin/gzip", ["-d", path + ".gz"])
    try #require(code == 0, "\(lines)")
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test("gzip is read by others", arguments: [1_024, 60_000, 1_100_000])
  func gzip(length: Int) async throws {
    let text = String((0..<length).map { Character(Unicode.Scalar(UInt8(97 + ($0 * $0) % 23))) })
    let compressed = try #require(Gzip.compress(ByteBuffer(string: text)))
    #expect(compressed.readableBytes < length / 2)
    let plain = try await Self.gunzipped(compressed)
    #expect(plain == text)
  }

  @Test(
    "an answer is compressed for who takes it and where it is worth it",
    arguments: [
      ("gzip", true), ("deflate, GZIP;q=0.5, br", true), ("*", true), ("gzip;q=0", false), ("br", false),
      ("identity", false),
    ])
  func compression(accepted: String, isCompressed: Bool) {
    func response(_ length: Int) -> String? {
      let delivery = Delivery(request: [.acceptEncoding: accepted], freshness: .changing, isPrivate: false)
      return delivery.response(Answer(.string(String(repeating: "a", count: length)))).headers[.contentEncoding]
    }
    #expect((response(5_000) == "gzip") == isCompressed)
    #expect(response(500) == nil)
  }

  @Test("over HTTP a compressed answer says so, and caches are told that it depends on what was accepted")
  func compressedOverHTTP() async throws {
    try await ReportBench.with { bench in
      let plain = try await bench.get("/openapi.json")
      let reply = try await bench.get("/openapi.json", headers: ["Accept-Encoding": "gzip"])
      #expect(reply.headers["content-encoding"] == "gzip" && reply.headers["vary"] == "Accept-Encoding")
      #expect(reply.headers["etag"] == plain.headers["etag"])
      let length = reply.headers["content-length"].flatMap { Int($0) } ?? .max
      #expect(length < plain.text.utf8.count / 3)
    }
  }

  @Test("who names the mark of what is still the answer gets no body, until it is another")
  func marks() async throws {
    try await ReportBench.with { bench in
      for path in ["/reports/leaderboard", "/reports/models", "/reports/schema", "/reports/checkpoints"] {
        let first = try await bench.get(path)
        let tag = try #require(first.headers["etag"])
        #expect(tag.hasPrefix("W/\"") && first.headers["cache-control"]?.isEmpty == false, "\(path)")
        for known in [tag, "\"other\", \(tag)", "*"] {
          let second = try await bench.get(path, headers: ["If-None-Match": known])
          #expect(second.status == 304 && second.text.isEmpty && second.headers["etag"] == tag, "\(path)")
        }
        #expect(try await bench.get(path, headers: ["If-None-Match": "\"other\""]).status == 200)
      }
      let tag = try #require(try await bench.get("/reports/leaderboard").headers["etag"])
      try await bench.store.leaderboards.save(
        Leaderboard(id: "L", createdAt: ReportBench.now, entries: [["model_id": "a", "rank": 1]]))
      let renewed = try await bench.get("/reports/leaderboard", headers: ["If-None-Match": tag])
      #expect(renewed.status == 200 && renewed.rows.count == 1, "what is written is seen at once")
      try await bench.run("UPDATE leaderboards SET entries_jsonb = '[]'")
      #expect(try await bench.get("/reports/leaderboard").text == "[]", "also by a tool that changes a row in place")
      #expect(try await bench.get("/healthz").headers["cache-control"] == "no-store")
      #expect(try await bench.get("/healthz").headers["etag"] == nil)
    }
  }

  @Test("browsers are told to make nothing more of an answer, and who may read it")
  func securityHeaders() async throws {
    let key = KeyRing.Key(name: "k", secret: "k", tier: .admin)
    try await ReportBench.with(keys: [key], readsNeedKey: true) { bench in
      for path in ["/healthz", "/reports/predictions", "/nothing"] {
        let reply = try await bench.get(path, headers: ["Origin": "https://a.example"])
        #expect(reply.headers["x-content-type-options"] == "nosniff", "\(path)")
        #expect(reply.headers["content-security-policy"]?.contains("default-src 'none'") == true, "\(path)")
        #expect(reply.headers["access-control-allow-origin"] == "*", "\(path): \(reply.status)")
        #expect(reply.headers["access-control-allow-credentials"] == nil, "\(path)")
      }
      #expect(try await bench.get("/reports/predictions").status == 401)
      let reply = try await bench.get("/reports/predictions", headers: ["X-API-Key": "k"])
      #expect(reply.headers["cache-control"] == "private, no-cache")
    }
  }

  @Test("HEAD is no method of a route that reads")
  func head() async throws {
    try await ReportBench.with { bench in
      let reply = try await RawConnection(port: bench.port).exchange("HEAD /reports/models HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(reply.hasPrefix("HTTP/1.1 405 "))
      #expect(reply.lowercased().contains("\r\nallow: get\r\n"))
      #expect(reply.hasSuffix("\r\n\r\n"), "no body")
    }
  }
}
