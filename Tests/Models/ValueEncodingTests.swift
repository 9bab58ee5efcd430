import Competition
import Testing

@testable import Models

@Suite("Values on the wire")
struct ValueEncodingTests {
  private static func variant(_ type: Commons_VariantType, _ bytes: [UInt8]) -> Commons_Variant {
    .with {
      $0.type = type
      $0.value = .init(bytes)
    }
  }

  @Test("numbers travel as little-endian bytes, texts and JSON as UTF-8")
  func arguments() {
    #expect([UInt8](EncodedArgument.int(-2).variant.value) == [0xFE] + [UInt8](repeating: 0xFF, count: 7))
    #expect([UInt8](EncodedArgument.int(258).variant.value) == [2, 1, 0, 0, 0, 0, 0, 0])
    #expect([UInt8](EncodedArgument.double(1.5).variant.value) == [0, 0, 0, 0, 0, 0, 0xF8, 0x3F])
    #expect([UInt8](EncodedArgument.string("é").variant.value) == [0xC3, 0xA9])
    #expect([UInt8](EncodedArgument.json(["a": [1, nil]]).variant.value) == Array(#"{"a":[1,null]}"#.utf8))
    #expect(EncodedArgument.json(.null).variant.type == .json)
    #expect(EncodedArgument.int(1).variant.type == .int)
  }

  @Test("arguments are numbered from 1, as the nodes expect")
  func call() throws {
    let call = try EncodedCall(method: "predict", arguments: [.string("BTC"), .int(60)])
    let request = try DynamicSubclass_CallRequest(serializedBytes: call.bytes)
    #expect(request.methodName == "predict")
    #expect(request.methodArguments.map(\.position) == [1, 2])
  }

  @Test(
    "answers of every type are read",
    arguments: [
      (Commons_VariantType.none, [], JSON.null),
      (.double, [0, 0, 0, 0, 0, 0, 0xF8, 0x3F], .double(1.5)),
      (.int, [2, 1, 0, 0, 0, 0, 0, 0], .int(258)), (.int, [0xFE], .int(-2)), (.int, [], .int(0)),
      (.string, [0xC3, 0xA9], .string("é")),
      (.json, Array(#"{"value": 0.5}"#.utf8), .object(["value": 0.5])),
    ] as [(Commons_VariantType, [UInt8], JSON)])
  func answers(type: Commons_VariantType, bytes: [UInt8], expected: JSON) throws {
    #expect(try Self.variant(type, bytes).decoded() == expected)
  }

  @Test("Python's NaN and infinities are read, so that what refuses them can say so")
  func notFinite() throws {
    let value = try Self.variant(.json, Array("[NaN, Infinity, -Infinity]".utf8)).decoded()
    let numbers = try #require(value.array).compactMap(\.number)
    #expect(numbers.count == 3)
    #expect(numbers[0].isNaN)
    #expect(numbers[1...] == [.infinity, -.infinity])
  }

  @Test(
    "bytes that are none of their type are refused",
    arguments: [
      (Commons_VariantType.double, [1, 2, 3]), (.int, [UInt8](repeating: 1, count: 9)), (.string, [0xFF]),
      (.json, Array("{".utf8)), (.json, []), (.arrow, [1]), (.parquet, [1]), (.UNRECOGNIZED(42), [1]),
    ] as [(Commons_VariantType, [UInt8])])
  func refused(type: Commons_VariantType, bytes: [UInt8]) {
    #expect(throws: VariantError.self) { try Self.variant(type, bytes).decoded() }
  }
}
