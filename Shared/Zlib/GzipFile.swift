import CZlib
import Foundation

/// Why a gzip file cannot be read or written.
public struct GzipError: Error, CustomStringConvertible, Equatable {
  public let description: String
}

/// What a gzip file holds.
public enum GzipFile {
  /// Reads all members of a file of lines. One that was cut off, as a recording whose process was killed, is read up to its last
  /// whole line.
  /// - Throws: `GzipError` when it is no gzip file.
  public static func contents(_ compressed: [UInt8]) throws -> [UInt8] {
    // zlib's state points back to its stream, which must stay where it is.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    guard compressed.count < UInt32.max, zlib_begin_gunzip(stream) == Z_OK else {
      throw GzipError(description: "too large to be read at once")
    }
    defer { inflateEnd(stream) }
    var plain: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 18)
    var status = Z_OK
    // Safe: zlib reads and writes within the counts that it is given, and keeps neither pointer beyond the call.
    compressed.withUnsafeBufferPointer { input in
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.pointee.avail_in = UInt32(input.count)
      var isMore = !input.isEmpty
      while isMore {
        let written = stream.fill(&room) { status = inflate($0, Z_NO_FLUSH) }
        plain.append(contentsOf: room[..<written])
        switch status {
        case Z_STREAM_END: isMore = stream.pointee.avail_in > 0 && inflateReset(stream) == Z_OK
        case Z_OK: isMore = stream.pointee.avail_in > 0 || written == room.count
        default: isMore = false
        }
      }
    }
    guard [Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(status) else {
      throw GzipError(description: "no gzip file, or damaged")
    }
    guard status != Z_STREAM_END else { return plain }
    return Array(plain[..<(plain.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)])
  }
}

/// Writes a gzip file bit by bit. What was flushed can be read whatever becomes of the process.
public final class GzipWriter {
  private let stream: UnsafeMutablePointer<z_stream>
  private let file: FileHandle
  private var room = [UInt8](repeating: 0, count: 1 << 16)

  public init(_ file: FileHandle) throws {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    self.file = file
    guard zlib_begin_gzip(stream, 6) == Z_OK else { throw GzipError(description: "zlib has no memory left") }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  public func write(_ bytes: [UInt8]) throws { try compress(bytes, Z_SYNC_FLUSH) }
  public func close() throws {
    try compress([], Z_FINISH)
    try file.close()
  }

  private func compress(_ bytes: [UInt8], _ flush: Int32) throws {
    var output: [UInt8] = []
    // Safe: zlib reads and writes within the counts that it is given, and keeps neither pointer beyond the call.
    bytes.withUnsafeBufferPointer { input in
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.pointee.avail_in = UInt32(input.count)
      var isFull = true
      while isFull {
        let written = stream.fill(&room) { _ = deflate($0, flush) }
        output.append(contentsOf: room[..<written])
        isFull = written == room.count
      }
    }
    try file.write(contentsOf: output)
  }
}

extension UnsafeMutablePointer<z_stream> {
  /// Lets zlib write into `room`, and answers how many bytes it has written.
  fileprivate func fill(_ room: inout [UInt8], _ step: (UnsafeMutablePointer<z_stream>) -> Void) -> Int {
    room.withUnsafeMutableBufferPointer { output in
      pointee.next_out = output.baseAddress
      pointee.avail_out = UInt32(output.count)
      step(self)
      return output.count - Int(pointee.avail_out)
    }
  }
}
