import Crypto
import NIOCore
import Zlib

/// A body with what is made of it once for all who ask: its compressed form, and the mark by which clients know it.
struct PreparedBody: Sendable {
  let plain: ByteBuffer
  /// Nil when it is not worth it.
  let compressed: ByteBuffer?
  let tag: String

  init(_ plain: ByteBuffer) {
    self.plain = plain
    compressed = plain.readableBytes >= Gzip.worthwhile ? Gzip.compress(plain) : nil
    tag = Self.tag(of: plain)
  }

  /// Weak, as it is the same for every encoding of the body.
  static func tag(of body: ByteBuffer) -> String {
    let digest = SHA256.hash(data: body.readableBytesView)
    let digits = digest.prefix(12).map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }
    return "W/\"\(digits.joined())\""
  }
}
