import Competition
import SwiftProtobuf

extension Commons_Variant {
  /// The value that a node answered. Python's `NaN` and `Infinity` are read, so that what refuses them can say so.
  /// - Throws: `VariantError` when the bytes are none of the type.
  func decoded() throws(VariantError) -> JSON {
    let bytes = [UInt8](value)
    switch type {
    case .none: return .null
    case .double:
      guard bytes.count == 8 else { throw VariantError(reason: "a DOUBLE of \(bytes.count) bytes") }
      return .double(Double(bitPattern: Self.littleEndian(bytes)))
    case .int:
      guard bytes.count <= 8 else { throw VariantError(reason: "an INT of \(bytes.count) bytes") }
      let isNegative = (bytes.last ?? 0) & 0x80 != 0
      let padded = bytes + [UInt8](repeating: isNegative ? 0xFF : 0, count: 8 - bytes.count)
      return .int(Int64(bitPattern: Self.littleEndian(padded)))
    case .string:
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw VariantError(reason: "a STRING that is no UTF-8")
      }
      return .string(text)
    case .json:
      do { return try JSON(parsing: bytes, nonFinite: .accept) } catch {
        throw VariantError(reason: "a JSON that cannot be read: \(error)")
      }
    case .parquet, .arrow, .UNRECOGNIZED: throw VariantError(reason: "a value of type \(type), which is not taken")
    }
  }

  private static func littleEndian(_ bytes: [UInt8]) -> UInt64 {
    bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
  }
}

struct VariantError: Error, CustomStringConvertible {
  var reason: String
  var description: String { reason }
}
