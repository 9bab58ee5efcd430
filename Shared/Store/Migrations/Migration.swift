import Crypto

/// A numbered step of the schema. A step that was applied once never changes; what comes later is a new step.
public struct Migration: Sendable {
  public let version: Int
  public let name: String
  let script: String

  /// All steps in order.
  public static let all = [tables, pipeline]

  /// sha256 of the script, so that a step edited after it was applied is noticed.
  var checksum: String {
    SHA256.hash(data: Array(script.utf8)).map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
  }
}
