import Subprocess

/// Frames of a pipe: four bytes of length, big endian, then the content.
enum Frame {
  /// Longest answer that is taken: a thousand results of 64 kB.
  static let longest = 64 << 20

  static func bytes(of content: [UInt8]) -> [UInt8] {
    let count = UInt32(clamping: content.count)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + content
  }
}

/// Reads frames from the standard output of a process.
struct FrameReader {
  private var chunks: SubprocessOutputSequence.Iterator
  private var buffer: [UInt8] = []

  init(_ output: SubprocessOutputSequence) { chunks = output.makeAsyncIterator() }

  /// nil when the output ends, or announces more than is taken.
  mutating func next() async throws -> [UInt8]? {
    guard try await fill(4) else { return nil }
    let count = buffer[..<4].reduce(0) { $0 << 8 | Int($1) }
    guard count <= Frame.longest, try await fill(4 + count) else { return nil }
    defer { buffer.removeFirst(4 + count) }
    return Array(buffer[4..<(4 + count)])
  }

  private mutating func fill(_ count: Int) async throws -> Bool {
    while buffer.count < count {
      guard let chunk = try await chunks.next() else { return false }
      chunk.withUnsafeBytes { buffer.append(contentsOf: $0) }
    }
    return true
  }
}
