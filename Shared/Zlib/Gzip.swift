import CZlib

/// Bytes in gzip's format, by zlib.
public enum Gzip {
  /// Less than the default: the last tenth of the size costs half of the time.
  public static let usualLevel: Int32 = 5

  /// - Parameter level: 1 is fastest, 9 is smallest.
  /// - Returns: nil when zlib has no memory left, or for 4 GB and more.
  public static func compress(_ plain: [UInt8], level: Int32 = usualLevel) -> [UInt8]? {
    // Safe: both buffers outlive the call, and nothing is kept.
    plain.withUnsafeBytes { input in
      var written: Int?
      let compressed = [UInt8](unsafeUninitializedCapacity: bound(input.count)) { output, count in
        written = compress(input, into: UnsafeMutableRawBufferPointer(output), level: level)
        count = written ?? 0
      }
      return written == nil ? nil : compressed
    }
  }

  /// Bytes that so many become at most.
  public static func bound(_ count: Int) -> Int {
    // A stream that is not begun yet is bounded most generously.
    Int(deflateBound(nil, UInt(count))) + 18
  }

  /// Compresses into a buffer of at least `bound` bytes.
  /// - Returns: how many bytes it took; nil when zlib has no memory left, or the buffer is too small.
  public static func compress(
    _ plain: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer, level: Int32
  ) -> Int? {
    guard let given = UInt32(exactly: plain.count) else { return nil }
    var stream = z_stream()
    guard zlib_begin_gzip(&stream, level) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    // Safe: zlib reads and writes within the counts that it is given, and keeps neither pointer beyond the call.
    stream.next_in = UnsafeMutablePointer(mutating: plain.bindMemory(to: UInt8.self).baseAddress)
    stream.avail_in = given
    stream.next_out = room.bindMemory(to: UInt8.self).baseAddress
    stream.avail_out = UInt32(clamping: room.count)
    let size = Int(stream.avail_out)
    return deflate(&stream, Z_FINISH) == Z_STREAM_END ? size - Int(stream.avail_out) : nil
  }

  /// - Parameter count: how many bytes it becomes, exactly.
  /// - Returns: nil when it is no gzip, or becomes fewer or more bytes.
  public static func expand(_ compressed: some Collection<UInt8>, count: Int) -> [UInt8]? {
    guard count >= 0, UInt32(exactly: count) != nil, UInt32(exactly: compressed.count) != nil else { return nil }
    var stream = z_stream()
    guard zlib_begin_gunzip(&stream) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var input = Array(compressed)
    var isWhole = false
    // One byte more than is awaited: an empty buffer has no place, and a longer text is noticed.
    let plain = [UInt8](unsafeUninitializedCapacity: count + 1) { output, filled in
      // Safe: as above.
      input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(count) + 1
        let status = inflate(&stream, Z_FINISH)
        filled = count + 1 - Int(stream.avail_out)
        isWhole = status == Z_STREAM_END && filled == count
      }
    }
    return isWhole ? plain : nil
  }

  /// CRC-32, as in gzip.
  public static func checksum(_ bytes: [UInt8]) -> UInt32 {
    // Safe: zlib reads within the count that it is given.
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
  }
}
