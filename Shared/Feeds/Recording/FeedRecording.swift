import Competition
import Foundation

/// A file that records are written to as they come, and that the `replay` provider reads: a JSON object a line, in gzip where
/// the name ends in `.gz`.
public final class FeedRecording {
  private let sink: Sink
  public private(set) var count = 0

  private enum Sink {
    case plain(FileHandle)
    case gzip(GzipWriter)
  }

  /// The endings of names that tell a form.
  public static let endings = [".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"]

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
    sink = path.hasSuffix(".gz") ? .gzip(try GzipWriter(file)) : .plain(file)
  }

  public func write(_ records: [FeedRecord]) throws {
    guard !records.isEmpty else { return }
    var bytes: [UInt8] = []
    for record in records { bytes += Array((Self.line(record).text + "\n").utf8) }
    switch sink {
    case .plain(let file): try file.write(contentsOf: bytes)
    case .gzip(let writer): try writer.write(bytes)
    }
    count += records.count
  }

  public func close() throws {
    switch sink {
    case .plain(let file): try file.close()
    case .gzip(let writer): try writer.close()
    }
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
