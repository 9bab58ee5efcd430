import Foundation
import Hummingbird
import NIOPosix

/// A file that is sent: whole, or the piece that a client asks for.
struct FileDownload: Sendable {
  let file: FileHandle
  /// In bytes.
  let size: Int
  /// By which a client knows whether it has changed.
  let tag: String

  private static let chunk = 131_072

  enum Piece: Sendable, Hashable {
    case whole
    case part(Range<Int>)
    /// Nothing of the file lies in what is asked for.
    case beyond
  }

  /// What a `Range` asks for: one range of bytes. Several, and what is none, count as not asked for (RFC 9110, 14.2).
  static func piece(_ header: String?, of size: Int) -> Piece {
    guard let header, header.hasPrefix("bytes="), !header.contains(",") else { return .whole }
    let ends = header.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, ends.allSatisfy({ $0.allSatisfy(\.isASCII) && $0.allSatisfy(\.isNumber) }) else {
      return .whole
    }
    switch (Int(ends[0]), Int(ends[1])) {
    case (let first?, let last?):
      guard first <= last else { return .whole }
      return first < size ? .part(first..<min(last, size - 1) + 1) : .beyond
    case (let first?, nil) where ends[1].isEmpty: return first < size ? .part(first..<size) : .beyond
    case (nil, let count?) where ends[0].isEmpty:
      return count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .beyond
    default: return .whole
    }
  }

  /// The bytes of a range, read as the client takes them.
  func body(_ range: Range<Int>) -> ResponseBody {
    ResponseBody(contentLength: range.count) { writer in
      try await NIOThreadPool.singleton.runIfActive { try file.seek(toOffset: UInt64(range.lowerBound)) }
      var left = range.count
      while left > 0 {
        let count = min(left, Self.chunk)
        let data = try await NIOThreadPool.singleton.runIfActive { try file.read(upToCount: count) }
        guard let data, !data.isEmpty else { throw CocoaError(.fileReadCorruptFile) }
        left -= data.count
        try await writer.write(ByteBuffer(bytes: data))
      }
      try await writer.finish(nil)
    }
  }
}
