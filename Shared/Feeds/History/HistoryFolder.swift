import Competition
import Foundation
import Parquet

/// Histories as files: `{source}/{subject}/{kind}/{granularity}/{YYYY-MM-DD}.parquet` below a folder, one for each day in
/// UTC. Its work blocks: callers do it on a thread of its own.
public struct HistoryFolder: Sendable {
  public let path: String

  public init(path: String) { self.path = path }

  public static let suffix = ".parquet"

  /// Whether a name is one of a file or folder, and no way to another place.
  public static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 200 && !name.hasPrefix(".")
      && !name.unicodeScalars.contains { $0 == "/" || $0 == "\\" || $0 == "\0" }
  }

  /// Why a feed can have no folder of its own; nil when it can.
  public static func refusal(of key: FeedKey) -> String? {
    let names = [key.source, key.subject, key.kind.rawValue, key.granularity]
    guard let wrong = names.first(where: { !isPlain($0) }) else { return nil }
    return "\"\(wrong.prefix(100))\" cannot be the name of a folder; fetch into records instead"
  }

  /// The file of a feed's day.
  func file(of key: FeedKey, day: Timestamp) -> String {
    let folder = [path, key.source, key.subject, key.kind.rawValue, key.granularity].joined(separator: "/")
    return "\(folder)/\(day.iso8601(.z).prefix(10))\(Self.suffix)"
  }

  /// Puts records into the files of their days, beside what is there already. Of several of one time the last one stays. A
  /// file is there whole or not at all, whenever the process ends.
  /// - Throws: `HistoryError` when a file that is there cannot be read, or one cannot be written.
  public func merge(_ records: [FeedRecord], of key: FeedKey) throws(HistoryError) {
    if let refusal = Self.refusal(of: key) { throw HistoryError(refusal) }
    let days = Dictionary(grouping: records) { $0.eventTime.floored(toSeconds: 86_400) }
    for (day, records) in days.sorted(by: { $0.key < $1.key }) {
      let file = file(of: key, day: day)
      let history = FeedHistory(try read(file)).merging(FeedHistory(records))
      try write(try bytes(of: history, file), to: file)
    }
  }

  private func bytes(of history: FeedHistory, _ file: String) throws(HistoryError) -> [UInt8] {
    do { return try ParquetWriter.file(history.table) } catch {
      throw HistoryError("\(file) cannot be made: \(error)")
    }
  }

  /// The rows of a file; none when it is not there.
  private func read(_ file: String) throws(HistoryError) -> [FeedHistory.Row] {
    guard FileManager.default.fileExists(atPath: file) else { return [] }
    do {
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
      return try FeedHistory.rows(of: try ParquetReader(bytes).table())
    } catch {
      throw HistoryError("\(file) cannot be read, and is not replaced: \(error); move it elsewhere to fetch it anew")
    }
  }

  private func write(_ bytes: [UInt8], to file: String) throws(HistoryError) {
    let url = URL(fileURLWithPath: file)
    do {
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      // Its name begins with a dot: nobody takes a file for whole that is still being written.
      let part = url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).part")
      try Data(bytes).write(to: part)
      let handle = try FileHandle(forUpdating: part)
      try handle.synchronize()
      try handle.close()
      guard rename(part.path, file) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    } catch {
      throw HistoryError("\(file) cannot be written: \(error.localizedDescription)")
    }
  }
}

/// Why a history cannot be kept as files.
public struct HistoryError: Error, Sendable, Hashable, CustomStringConvertible {
  public var reason: String

  init(_ reason: String) { self.reason = reason }

  public var description: String { reason }
}
