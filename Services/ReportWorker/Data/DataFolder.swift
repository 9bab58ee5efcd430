import Feeds
import Foundation
import Parquet

/// The histories that are stored as files: `{source}/{subject}/{kind}/{granularity}/{date}.parquet` below a folder.
/// Reading it blocks: callers do so on a thread of their own.
struct DataFolder: Sendable {
  let path: String

  /// A file of it.
  struct File: Sendable, Hashable {
    /// Relative to the folder.
    var path: String
    var rows: Int
    var size: Int
  }

  /// The most files that a list names.
  private static let most = 20_000

  /// Files that can be read, by path.
  func files() -> [File] {
    guard let paths = FileManager.default.enumerator(atPath: path) else { return [] }
    let names = paths.compactMap { $0 as? String }.filter { $0.hasSuffix(HistoryFolder.suffix) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(Self.most).compactMap(file)
  }

  private func file(_ name: String) -> File? {
    guard let handle = FileHandle(forReadingAtPath: path + "/" + name) else { return nil }
    do {
      let size = Int(try handle.seekToEnd())
      guard size > ParquetFooter.tail else { return nil }
      try handle.seek(toOffset: UInt64(size - ParquetFooter.tail))
      let tail = Array(try handle.read(upToCount: ParquetFooter.tail) ?? Data())
      guard let length = ParquetFooter.length(tail: tail), length <= size - ParquetFooter.tail else { return nil }
      try handle.seek(toOffset: UInt64(size - ParquetFooter.tail - length))
      let metadata = Array(try handle.read(upToCount: length) ?? Data())
      return ParquetFooter.rows(metadata: metadata).map { File(path: name, rows: $0, size: size) }
    } catch {
      // A file that cannot be read is not listed, as the original does not list it.
      return nil
    }
  }

  /// Opens a file for reading.
  /// - Parameter names: its folders and its own name. None may lead out of the folder, by itself or as a link.
  /// - Returns: nil when there is no such file.
  func open(_ names: [String]) -> FileDownload? {
    guard names.last?.hasSuffix(HistoryFolder.suffix) == true, names.allSatisfy(HistoryFolder.isPlain) else {
      return nil
    }
    let root = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let file = URL(fileURLWithPath: root + "/" + names.joined(separator: "/")).resolvingSymlinksInPath().path
    var isFolder: ObjCBool = false
    guard file.hasPrefix(root + "/"), FileManager.default.fileExists(atPath: file, isDirectory: &isFolder),
      !isFolder.boolValue, let handle = FileHandle(forReadingAtPath: file)
    else { return nil }
    do {
      let size = Int(try handle.seekToEnd())
      let changed = try FileManager.default.attributesOfItem(atPath: file)[.modificationDate] as? Date
      let microseconds = Int64((changed?.timeIntervalSince1970 ?? 0) * 1_000_000)
      return FileDownload(file: handle, size: size, tag: "\"\(size)-\(microseconds)\"")
    } catch {
      return nil
    }
  }
}
