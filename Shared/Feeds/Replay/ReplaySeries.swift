import Competition
import Foundation
import Parquet
import SwiftCSV
import Zlib

/// The rows of a file of candles or ticks, by subject, in order of time.
struct ReplaySeries: Sendable {
  struct Row: Sendable, Hashable {
    var time: Timestamp
    var values: JSONObject
  }

  var rows: [String: [Row]] = [:]
  /// What the file itself says; nil when it does not.
  private(set) var granularity: String?

  /// Reads CSV with a header, or one JSON object a line (`.json`, `.jsonl`, `.ndjson`), also in gzip (`.gz`). Columns: a time
  /// (`ts_event`, `ts`, `time`, `timestamp` or `date`: ISO 8601 or seconds or milliseconds since 1970), a subject (`subject`,
  /// `symbol` or `ticker`; without one `defaultSubject`), and `open high low close volume` or `price`, or all of a record in
  /// `values`, as `coordinator feed record` writes it. Or Parquet (`.parquet`), a file or a folder with such files at any depth, as
  /// a backfill writes them.
  /// - Throws: `FeedError` with the file or line that cannot be read.
  init(path: String, defaultSubject: String?) throws {
    if let files = try Self.parquetFiles(path) {
      for file in files { try add(parquet: file) }
    } else {
      try add(lines: path, defaultSubject: defaultSubject)
    }
    for subject in rows.keys { rows[subject]?.sort { $0.time < $1.time } }
    if rows.isEmpty { throw FeedError("FEED_OPT_PATH \(path) has no rows", isTransient: false) }
  }

  private mutating func add(lines path: String, defaultSubject: String?) throws {
    let text = try Self.text(path)
    let plainPath = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
    let isJSON = [".json", ".jsonl", ".ndjson"].contains { plainPath.hasSuffix($0) }
    let objects = try isJSON ? Self.jsonLines(text) : Self.csv(text)
    for (line, object) in objects { try add(object, line: line, defaultSubject: defaultSubject) }
  }

  /// The Parquet files that a path names; nil when it is another file.
  private static func parquetFiles(_ path: String) throws -> [String]? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      return path.hasSuffix(HistoryFolder.suffix) ? [path] : nil
    }
    let names = try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
      name.hasSuffix(HistoryFolder.suffix) && !name.split(separator: "/").contains { $0.hasPrefix(".") }
    }
    return names.sorted().map { "\(path)/\($0)" }
  }

  private mutating func add(parquet path: String) throws {
    let records: [FeedRecord]
    do {
      let table = try ParquetReader([UInt8](Data(contentsOf: URL(filePath: path)))).table()
      records = try FeedHistory.records(of: table, ingestedTime: Timestamp(microseconds: 0))
    } catch {
      throw FeedError("FEED_OPT_PATH: \(path) cannot be read: \(error)", isTransient: false)
    }
    for record in records {
      try agree(on: record.key.granularity, place: path)
      rows[record.key.subject, default: []].append(Row(time: record.eventTime, values: record.values))
    }
  }

  /// All rows are of one granularity.
  private mutating func agree(on told: String, place: String) throws {
    guard granularity == nil || granularity == told else {
      throw FeedError("\(place) has \(told), others have \(granularity ?? "")", isTransient: false)
    }
    granularity = told
  }

  /// Leaves out the rows of other times, and subjects that have none left.
  mutating func keep(_ isKept: (Timestamp) -> Bool) {
    rows = rows.mapValues { $0.filter { isKept($0.time) } }.filter { !$0.value.isEmpty }
  }

  private static func text(_ path: String) throws -> String {
    let data: Data
    do { data = try Data(contentsOf: URL(filePath: path)) } catch {
      throw FeedError("FEED_OPT_PATH \(path) cannot be read: \(error.localizedDescription)", isTransient: false)
    }
    guard path.hasSuffix(".gz") else { return String(decoding: data, as: UTF8.self) }
    do { return String(decoding: try GzipFile.contents([UInt8](data)), as: UTF8.self) } catch let error as GzipError {
      throw FeedError("FEED_OPT_PATH \(path) is \(error)", isTransient: false)
    }
  }

  private static func csv(_ text: String) throws -> [(Int, JSONObject)] {
    do {
      let table = try EnumeratedCSV(string: text)
      return table.rows.enumerated().map { index, row in
        (index + 2, JSONObject(zip(table.header, row).map { ($0.lowercased(), .string($1)) }))
      }
    } catch {
      throw FeedError("the file of FEED_OPT_PATH is no CSV: \(error)", isTransient: false)
    }
  }

  private static func jsonLines(_ text: String) throws -> [(Int, JSONObject)] {
    var objects: [(Int, JSONObject)] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where !line.isEmpty
    {
      do {
        guard let object = try JSON(parsing: String(line)).object else {
          throw FeedError("line \(index + 1) is no object", isTransient: false)
        }
        objects.append((index + 1, object))
      } catch let error as JSONError {
        throw FeedError("line \(index + 1) is no JSON: \(error)", isTransient: false)
      }
    }
    return objects
  }

  private mutating func add(_ object: JSONObject, line: Int, defaultSubject: String?) throws {
    func first(_ names: [String]) -> JSON? { names.lazy.compactMap { object[$0] }.first }
    guard let time = first(["ts_event", "ts", "time", "timestamp", "date"]).flatMap(Self.time) else {
      throw FeedError("line \(line) has no time", isTransient: false)
    }
    guard let subject = first(["subject", "symbol", "ticker"])?.string ?? defaultSubject else {
      throw FeedError("line \(line) has no subject", isTransient: false)
    }
    if let told = object["granularity"]?.string { try agree(on: told, place: "line \(line)") }
    if let values = object["values"]?.object {
      guard !values.isEmpty else { throw FeedError("line \(line) has no values", isTransient: false) }
      rows[subject, default: []].append(Row(time: time, values: values))
      return
    }
    var values = JSONObject()
    for name in ["open", "high", "low", "close", "volume", "price"] {
      guard let value = object[name], value.string != "" else { continue }
      guard let number = value.amount else {
        throw FeedError(
          "line \(line): \(name) is \(value.text), which is no number", isTransient: false)
      }
      values[name] = .double(number)
    }
    guard values["close"] != nil || values["price"] != nil else {
      throw FeedError("line \(line) has neither close nor price", isTransient: false)
    }
    rows[subject, default: []].append(Row(time: time, values: values))
  }

  private static func time(_ value: JSON) -> Timestamp? {
    if let text = value.string, let time = Timestamp(iso8601: text) { return time }
    guard let number = value.amount, abs(number) < 1e15 else { return nil }
    return Timestamp(microseconds: Int64(number * (abs(number) > 2e10 ? 1e3 : 1e6)))
  }
}
