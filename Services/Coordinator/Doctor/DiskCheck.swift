import Diagnosis
import Foundation

/// Whether the disks of this machine that the node writes to have room.
struct DiskCheck: Check {
  let folders: [String]
  /// Free and total bytes of a folder's disk; nil when there is no such folder.
  var space: @Sendable (String) -> (free: Int64, total: Int64)? = { Self.space(of: $0) }
  var area: Finding.Area { .disk }

  static let leastBytes: Int64 = 1 << 30

  func findings() -> [Finding] {
    var seen: Set<String> = []
    return folders.filter { seen.insert($0).inserted }.compactMap { folder in
      guard let (free, total) = space(folder), total > 0 else { return nil }
      let room = "\(free >> 20) MiB of \(total >> 20) MiB are free on the disk of \(folder)"
      guard free < Self.leastBytes, free * 10 < total else { return .ok(.disk, room) }
      return .problem(
        .disk, room, cause: "logs and data fill it",
        remedy: "make room: delete old logs, lower FEED_RECORD_TTL_DAYS, or move data to a larger disk")
    }
  }

  private static func space(of folder: String) -> (free: Int64, total: Int64)? {
    do {
      let attributes = try FileManager.default.attributesOfFileSystem(forPath: folder)
      guard let free = (attributes[.systemFreeSize] as? NSNumber)?.int64Value,
        let total = (attributes[.systemSize] as? NSNumber)?.int64Value
      else { return nil }
      return (free, total)
    } catch {
      return nil  // No such folder: nothing is written there.
    }
  }
}
