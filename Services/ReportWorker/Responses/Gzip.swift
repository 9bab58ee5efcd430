import CZlib
import NIOCore

/// Answers in gzip, for clients that take it.
enum Gzip {
  /// Less is not worth the time.
  static let worthwhile = 1_024
  /// More is compressed fast rather than small.
  private static let large = 1 << 20

  /// - Returns: nil when zlib has no memory left.
  static func compress(_ plain: ByteBuffer) -> ByteBuffer? {
    var stream = z_stream()
    guard zlib_begin_gzip(&stream, plain.readableBytes > large ? 1 : 5) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    let room = Int(deflateBound(&stream, UInt(plain.readableBytes)))
    var compressed = ByteBuffer()
    var status = Z_OK
    // Safe: zlib reads and writes within the counts that it is given, and keeps neither pointer beyond the call.
    plain.withUnsafeReadableBytes { input in
      _ = compressed.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { output in
        stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
        stream.avail_out = UInt32(output.count)
        status = deflate(&stream, Z_FINISH)
        return output.count - Int(stream.avail_out)
      }
    }
    return status == Z_STREAM_END ? compressed : nil
  }
}
