import Competition
import SwiftProtobuf

/// An argument of a model's method in the form that travels, made once for all models.
public struct EncodedArgument: Sendable {
  let variant: Commons_Variant

  private init(_ type: Commons_VariantType, _ bytes: [UInt8]) {
    variant = .with {
      $0.type = type
      $0.value = .init(bytes)
    }
  }

  /// Numbers that are not finite become null.
  public static func json(_ value: JSON) -> EncodedArgument { EncodedArgument(.json, Array(value.text.utf8)) }
  public static func string(_ value: String) -> EncodedArgument { EncodedArgument(.string, Array(value.utf8)) }
  public static func int(_ value: Int64) -> EncodedArgument { EncodedArgument(.int, littleEndian(value)) }
  public static func double(_ value: Double) -> EncodedArgument {
    EncodedArgument(.double, littleEndian(Int64(bitPattern: value.bitPattern)))
  }

  private static func littleEndian(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
}

/// A call as it travels; its bytes are shared by all models.
struct EncodedCall: Sendable {
  let method: String
  let bytes: [UInt8]

  /// - Throws: what swift-protobuf throws for a message above 2 GiB.
  init(method: String, arguments: [EncodedArgument]) throws {
    self.method = method
    let request = DynamicSubclass_CallRequest.with {
      $0.methodName = method
      $0.methodArguments = arguments.enumerated().map { index, argument in
        .with {
          $0.position = UInt32(index + 1)
          $0.data = argument.variant
        }
      }
    }
    bytes = try request.serializedBytes()
  }
}
