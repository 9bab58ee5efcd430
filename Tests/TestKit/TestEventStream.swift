import Foundation
import Synchronization

/// A body without an end that a `TestHTTPServer` answers: whoever asks hears what a test says from then on, until the test or
/// the client ends it.
public final class TestEventStream: Sendable {
  private let listening = Mutex<Set<Int32>>([])

  public init() {}

  public var listeners: Int { listening.withLock { $0.count } }

  /// - Parameter pieces: the text is cut into so many packets.
  public func send(_ text: String, pieces: Int = 1) {
    let bytes = Self.chunk(text)
    let size = max(1, (bytes.count + pieces - 1) / pieces)
    listening.withLock { descriptors in
      for start in stride(from: 0, to: bytes.count, by: size) {
        for descriptor in descriptors { Self.write(bytes[start..<min(start + size, bytes.count)], to: descriptor) }
      }
    }
  }

  /// Ends all answers as it should be.
  public func finish() {
    listening.withLock { descriptors in
      for descriptor in descriptors { Self.write(Self.chunk("")[...], to: descriptor) }
    }
    cut()
  }

  /// The text as a part of a body whose length is not known.
  static func chunk(_ text: String) -> [UInt8] {
    Array("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n".utf8)
  }

  /// Breaks all answers off.
  public func cut() {
    listening.withLock { descriptors in
      for descriptor in descriptors { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  func join(_ descriptor: Int32) { listening.withLock { _ = $0.insert(descriptor) } }
  func leave(_ descriptor: Int32) { listening.withLock { _ = $0.remove(descriptor) } }

  private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
