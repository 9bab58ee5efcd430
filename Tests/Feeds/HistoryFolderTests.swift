import Competition
import Foundation
import Parquet
import Testing

@testable import Feeds

@Suite("Histories as files")
struct HistoryFolderTests {
  private static let key = FeedKey(source: "s", subject: "X Y", kind: .candle, granularity: "1m")
  private static let now = Timestamp(seconds: 1_800_000_000)

  private static func record(_ second: Int64, close: JSON = 1.5, key: FeedKey = key) -> FeedRecord {
    FeedRecord(
      key: key, eventTime: Timestamp(seconds: 1_770_000_000 + second), ingestedTime: now,
      values: ["open": 1.0, "high": 2.0, "low": 0.5, "close": close, "volume": 7.0, "trades": 12],
      meta: ["closed": true])
  }

  private static func with(_ body: (HistoryFolder) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try body(HistoryFolder(path: path))
    try FileManager.default.removeItem(atPath: path)
  }

  private static func records(_ file: String) throws -> [FeedRecord] {
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
    return try FeedHistory.records(of: try ParquetReader(bytes).table(), ingestedTime: now)
  }

  @Test("records lie in the file of their day, and come back as they were; of one time the last one stays")
  func merge() throws {
    try Self.with { folder in
      let midnight: Int64 = 76_800
      try folder.merge([0, 60, midnight].map { Self.record($0) }, of: Self.key)
      try folder.merge([Self.record(60, close: 9.0), Self.record(30)], of: Self.key)
      let path = folder.path + "/s/X Y/candle/1m"
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: path).sorted() == [
          "2026-02-02.parquet", "2026-02-03.parquet",
        ])
      #expect(
        try Self.records(path + "/2026-02-02.parquet") == [
          Self.record(0), Self.record(30), Self.record(60, close: 9.0),
        ])
      #expect(try Self.records(path + "/2026-02-03.parquet") == [Self.record(midnight)])
    }
  }

  @Test("ticks and values that are no prices are kept too")
  func others() throws {
    try Self.with { folder in
      var key = Self.key
      key.kind = .tick
      let tick = FeedRecord(
        key: key, eventTime: Timestamp(microseconds: 1_770_000_000_123_456), ingestedTime: Self.now,
        values: ["price": 3.25])
      try folder.merge([tick, Self.record(1, close: "none", key: key)], of: key)
      let found = try Self.records(folder.path + "/s/X Y/tick/1m/2026-02-02.parquet")
      #expect(found == [tick, Self.record(1, close: "none", key: key)])
    }
  }

  @Test("a file that cannot be read is not replaced, and no name leads out of the folder")
  func refusals() throws {
    try Self.with { folder in
      let path = folder.path + "/s/X Y/candle/1m"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: URL(fileURLWithPath: path + "/2026-02-02.parquet"))
      #expect(throws: HistoryError.self) { try folder.merge([Self.record(0)], of: Self.key) }
      #expect(try String(contentsOfFile: path + "/2026-02-02.parquet", encoding: .utf8) == "mine")
      for name in ["..", "../x", "a/b", "a\\b", ".hidden", "", "nul\0", String(repeating: "x", count: 300)] {
        var key = Self.key
        key.subject = name
        #expect(throws: HistoryError.self, "\(name)") { try folder.merge([Self.record(0)], of: key) }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["s"])
    }
  }
}
