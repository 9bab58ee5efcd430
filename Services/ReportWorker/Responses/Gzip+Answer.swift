import NIOCore
import Zlib

extension Gzip {
  /// Answers of less are not worth the time.
  static let worthwhile = 1_024
  /// More is compressed fast rather than small.
  private static let large = 1 << 20

  /// Answers in gzip, for clients that take it.
  /// - Returns: nil when zlib has no memory left.
  static func compress(_ plain: ByteBuffer) -> ByteBuffer? {
    var compressed = ByteBuffer()
    var isWhole = false
    // Safe: both buffers outlive the call, and nothing is kept.
    plain.withUnsafeReadableBytes { input in
      _ = compressed.writeWithUnsafeMutableBytes(minimumWritableBytes: bound(input.count)) { output in
        let written = compress(input, into: output, level: input.count > large ? 1 : usualLevel)
        isWhole = written != nil
        return written ?? 0
      }
    }
    return isWhole ? compressed : nil
  }
}
