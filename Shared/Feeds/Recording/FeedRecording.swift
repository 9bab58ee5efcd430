import Competition
import Foundation
import Parquet
import Zlib

/// A file that records are written to as they come, and that the `replay` provider reads: a JSON object a line, in gzip where
/// the name ends in `.gz`, or Parquet with the columns of a backfill's files, which is whole only when it was closed.
public final class FeedRecording {
  private let sink: Sink
  public private(set) var count = 0

  private enum Sink {
    case plain(FileHandle)
    case gzip(GzipWriter)
    case parquet(ParquetFile)
  }

  /// The endings of names that tell a form.
  public static let endings = [".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", HistoryFolder.suffix]

  /// Makes the file; one that is there is not written over.
  /// - Throws: `FeedError` that says why it cannot be written.
  public init(path: String) throws {
    guard Self.endings.contains(where: path.hasSuffix) else {
      throw FeedError(
        "\(path) has an unknown ending; known are \(Self.endings.joined(separator: ", "))", isTransient: false)
    }
    guard !FileManager.default.fileExists(atPath: path) else {
      throw FeedError("\(path) is there already; name another file", isTransient: false)
    }
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
    else { throw FeedError("\(path) cannot be written", isTransient: false) }
    sink =
      if path.hasSuffix(HistoryFolder.suffix) { .parquet(ParquetFile(file)) } else if path.hasSuffix(".gz") {
        .gzip(try GzipWriter(file))
      } else { .plain(file) }
  }

  public func write(_ records: [FeedRecord]) throws {
    guard !records.isEmpty else { return }
    switch sink {
    case .plain(let file): try file.write(contentsOf: Self.lines(records))
    case .gzip(let writer): try writer.write(Self.lines(records))
    case .parquet(let parquet): try parquet.write(records)
    }
    count += records.count
  }

  public func close() throws {
    switch sink {
    case .plain(let file): try file.close()
    case .gzip(let writer): try writer.close()
    case .parquet(let parquet): try parquet.close()
    }
  }

  private static func lines(_ records: [FeedRecord]) -> [UInt8] {
    records.reduce(into: []) { $0 += Array((line($1).text + "\n").utf8) }
  }

  static func line(_ record: FeedRecord) -> JSON {
    [
      "ts_event": .string(record.eventTime.iso8601(.z)), "ts_ingested": .string(record.ingestedTime.iso8601(.z)),
      "source": .string(record.key.source), "subject": .string(record.key.subject),
      "kind": .string(record.key.kind.rawValue), "granularity": .string(record.key.granularity),
      "values": .object(record.values), "meta": .object(record.meta),
    ]
  }
}

/// Writes records into a Parquet file, by parts that are worth compressing.
private final class ParquetFile {
  private static let partSize = 20_000

  private let file: FileHandle
  private var writer = ParquetWriter()
  private var waiting: [FeedRecord] = []

  init(_ file: FileHandle) { self.file = file }

  func write(_ records: [FeedRecord]) throws {
    waiting += records
    if waiting.count >= Self.partSize { try writePart() }
  }

  func close() throws {
    try writePart()
    try file.write(contentsOf: writer.finish())
    try file.close()
  }

  private func writePart() throws {
    try file.write(contentsOf: writer.append(FeedHistory.table(of: waiting)))
    waiting.removeAll(keepingCapacity: true)
  }
}
