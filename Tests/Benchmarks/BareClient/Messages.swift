import GRPCCore

/// Messages as they travel, without generated code: see Shared/Models/Proto.
struct CallMessage: Sendable {
  /// An argument of a model's method: its type in `commons.proto` and its bytes.
  struct Argument {
    var type: UInt8
    var value: [UInt8]

    static func json(_ text: String) -> Argument { Argument(type: 6, value: Array(text.utf8)) }
    static func string(_ text: String) -> Argument { Argument(type: 3, value: Array(text.utf8)) }
    static func integer(_ value: Int64) -> Argument {
      Argument(type: 2, value: withUnsafeBytes(of: value.littleEndian, Array.init))
    }
  }

  var bytes: [UInt8]

  init(method: String, arguments: [Argument]) {
    bytes = field(1, Array(method.utf8))
    for (index, argument) in arguments.enumerated() {
      let variant = [2 << 3, argument.type] + field(2, argument.value)
      bytes += field(2, [1 << 3, UInt8(index + 1)] + field(2, variant))
    }
  }
}

struct SetupMessage {
  var bytes: [UInt8]
  init(className: String) { bytes = field(1, Array(className.utf8)) }
}

/// A field of bytes in the form of protocol buffers.
private func field(_ number: UInt8, _ value: [UInt8]) -> [UInt8] {
  var length = value.count
  var bytes = [number << 3 | 2]
  while length >= 0x80 {
    bytes.append(UInt8(length & 0x7F | 0x80))
    length >>= 7
  }
  return bytes + [UInt8(length)] + value
}

/// Sends and answers bytes as they are.
struct PlainBytes: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] {
    bytes.withUnsafeBytes { Array($0) }
  }
}
