import Competition
import Feeds
import Foundation
import Parquet
import TestKit
import Testing

@testable import ReportWorker

@Suite("The routes of histories as files", .timeLimit(.minutes(2)))
struct DataRouteTests {
  /// Three rows, as pyarrow writes them.
  private static let parquet = """
    UEFSMRUAFTwVPCwVBhUAFQYVBhwAAAACAAAABgEA4DTjt0kGAABnyOa3SQYAAO5b6rdJBgAVABUsFSwsFQYVABUGFQYcAAAAAgAAAAMDAAAAAAAA8D8A\
    AAAAAAAAQBUEGTw1ABgGc2NoZW1hFQQAFQQlAhgIdHNfZXZlbnQlFEyMERwsAAAAAAAVCiUCGAVjbG9zZQAWBhkcGSwmABwVBBklBgAZGAh0c19ldmVu\
    dBUAFgYWYhZiJghJHBUAFQAVAgAAACYAHBUKGSUGABkYBWNsb3NlFQAWBhZSFlImakkcFQAVABUCAAAAFrQBFgYmCBa0ARQAACggcGFycXVldC1jcHAt\
    YXJyb3cgdmVyc2lvbiAxOC4xLjAZLBwAABwAAADEAAAAUEFSMQ==
    """

  /// A folder with a history, another that cannot be read, a file of another kind, and a secret beside the folder.
  private static func with(_ body: @Sendable (ReportBench, String) async throws -> Void) async throws {
    let outside = FileManager.default.temporaryDirectory.appendingPathComponent("data-\(UUID().uuidString)").path
    let folder = outside + "/inside"
    let deep = folder + "/binance/BTCUSDT/candle/1m"
    try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
    let file = try #require(Data(base64Encoded: parquet))
    for path in [deep + "/2026-02-01.parquet", outside + "/secret.parquet", folder + "/loose.parquet"] {
      try file.write(to: URL(fileURLWithPath: path))
    }
    try Data("PAR1PAR1".utf8).write(to: URL(fileURLWithPath: deep + "/broken.parquet"))
    try Data("x".utf8).write(to: URL(fileURLWithPath: deep + "/note.txt"))
    try FileManager.default.createSymbolicLink(
      atPath: deep + "/link.parquet", withDestinationPath: outside + "/secret.parquet")
    try await ReportBench.with(configure: { $0.dataDirectory = folder }) { try await body($0, outside) }
    try FileManager.default.removeItem(atPath: outside)
  }

  @Test("the index names each file that can be read, with its rows")
  func index() async throws {
    try await Self.with { bench, _ in
      let rows = try await bench.get("/data/backfill/index").rows.filter { $0["filename"] != "link.parquet" }
      #expect(
        rows == [
          [
            "path": "binance/BTCUSDT/candle/1m/2026-02-01.parquet", "records": 3, "record_count": 3, "size_bytes": 298,
            "date": "2026-02-01", "filename": "2026-02-01.parquet", "source": "binance", "subject": "BTCUSDT",
            "kind": "candle", "granularity": "1m",
          ],
          [
            "path": "loose.parquet", "records": 3, "record_count": 3, "size_bytes": 298, "date": "loose",
            "filename": "loose.parquet", "source": nil, "subject": nil, "kind": nil, "granularity": nil,
          ],
        ])
    }
    try await ReportBench.with(configure: { $0.dataDirectory = "/nowhere" }) { bench in
      let none = try await bench.get("/data/backfill/index")
      #expect(none.text == "[]")
    }
  }

  @Test("a file is sent as it is; no way leads out of the folder")
  func download() async throws {
    try await Self.with { bench, _ in
      let base = "/data/backfill/binance/BTCUSDT/candle/1m/"
      let reply = try await bench.get(base + "2026-02-01.parquet")
      #expect(reply.status == 200 && reply.headers["content-length"] == "298")
      #expect(reply.headers["content-type"] == "application/octet-stream")
      #expect(reply.headers["content-disposition"] == "attachment; filename=\"2026-02-01.parquet\"")
      #expect(reply.text.hasPrefix("PAR1") && reply.text.hasSuffix("PAR1"))
      let ways = [
        base + "none.parquet", base + "note.txt", base + "link.parquet", base + "%2e%2e%2fsecret.parquet",
        "/data/backfill/%2e%2e/x/x/x/secret.parquet", "/data/backfill/..%2f..%2f..%2fx/x/x/x/secret.parquet",
        "/data/backfill/binance/%2e%2e/%2e%2e/%2e/secret.parquet", base + "%00.parquet", base + ".parquet",
        "/data/backfill/binance/BTCUSDT/candle/1m%2f../2026-02-01.parquet", base + "..%5csecret.parquet",
      ]
      for way in ways {
        let reply = try await bench.get(way)
        #expect(reply.status == 404, "\(way)")
        #expect(!reply.text.contains("PAR1"), "\(way)")
      }
      #expect(try await bench.get(base + "none.parquet").detail == "File not found")
    }
  }

  @Test("a client that has a part asks for the rest, and one that has the file is told so")
  func parts() async throws {
    try await Self.with { bench, _ in
      let path = "/data/backfill/binance/BTCUSDT/candle/1m/2026-02-01.parquet"
      let whole = try await bench.get(path)
      let tag = try #require(whole.headers["etag"])
      #expect(whole.status == 200 && whole.headers["accept-ranges"] == "bytes")
      for (range, told, bytes) in [
        ("bytes=0-3", "bytes 0-3/298", whole.body[0...3]), ("bytes=290-", "bytes 290-297/298", whole.body[290...]),
        ("bytes=-4", "bytes 294-297/298", whole.body[294...]),
        ("bytes=100-9999", "bytes 100-297/298", whole.body[100...]),
      ] {
        let part = try await bench.get(path, headers: ["Range": range])
        #expect(part.status == 206 && part.headers["content-range"] == told && part.body == Array(bytes), "\(range)")
        let stale = try await bench.get(path, headers: ["Range": range, "If-Range": "\"old\""])
        #expect(stale.status == 200 && stale.body == whole.body)
      }
      let beyond = try await bench.get(path, headers: ["Range": "bytes=298-"])
      #expect(beyond.status == 416 && beyond.headers["content-range"] == "bytes */298")
      for none in ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5", "bytes=-"] {
        #expect(try await bench.get(path, headers: ["Range": none]).status == 200, "\(none)")
      }
      let known = try await bench.get(path, headers: ["If-None-Match": tag])
      #expect(known.status == 304 && known.body.isEmpty)
    }
  }

  @Test("a history that the worker wrote is downloaded, and pyarrow reads it")
  func history() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    let key = FeedKey(source: "binance", subject: "BTCUSDT", kind: .candle, granularity: "1m")
    let records = (0..<3).map { minute in
      FeedRecord(
        key: key, eventTime: Timestamp(seconds: 1_770_000_000 + 60 * Int64(minute)), ingestedTime: ReportBench.now,
        values: ["open": 1.5, "high": 2.0, "low": 1.0, "close": .double(Double(minute)), "volume": 7.0],
        meta: ["closed": true])
    }
    try HistoryFolder(path: folder).merge(records, of: key)
    try await ReportBench.with(configure: { $0.dataDirectory = folder }) { bench in
      let path = try #require(try await bench.get("/data/backfill/index").rows.first?["path"]?.string)
      #expect(path == "binance/BTCUSDT/candle/1m/2026-02-02.parquet")
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).parquet")
      try Data(try await bench.get("/data/backfill/" + path).body).write(to: file)
      let lines = try await ParquetPeer.lines("pyarrow", file.path)
      let last =
        #"[1770000120000000, "binance", "BTCUSDT", "candle", "1m", 1.5, 2.0, 1.0, 2.0, 7.0, "#
        + #""{\"_record_meta\":{\"closed\":true}}"]"#
      #expect(lines.count == 4 && lines.last == last)
      try FileManager.default.removeItem(at: file)
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  @Test("metadata that ends too soon or makes no sense has no count", .timeLimit(.minutes(1)))
  func footers() throws {
    let file = Array(try #require(Data(base64Encoded: Self.parquet)))
    let length = try #require(ParquetFooter.length(tail: Array(file.suffix(8))))
    let metadata = Array(file.dropLast(8).suffix(length))
    #expect(ParquetFooter.rows(metadata: metadata) == 3)
    for end in 0..<40 { #expect(ParquetFooter.rows(metadata: Array(metadata.prefix(end))) == nil) }
    // Whatever a byte says, nothing is read beyond the end.
    for place in 0..<60 {
      for byte in UInt8.min...UInt8.max {
        var damaged = metadata
        damaged[place] = byte
        _ = ParquetFooter.rows(metadata: damaged)
      }
    }
    #expect(ParquetFooter.length(tail: Array("\u{7F}\u{7F}\u{7F}\u{7F}PAR1".utf8)) == nil)
  }
}
