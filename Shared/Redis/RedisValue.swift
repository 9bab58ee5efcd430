/// An answer of Redis.
public enum RedisValue: Sendable, Hashable {
  case null
  case integer(Int64)
  case string([UInt8])
  case status(String)
  case error(String)
  case array([RedisValue])

  /// The text of a string or a status.
  public var text: String? {
    switch self {
    case .string(let bytes): String(decoding: bytes, as: UTF8.self)
    case .status(let text): text
    default: nil
    }
  }

  /// An integer, or a string that spells one.
  public var integer: Int64? {
    if case .integer(let value) = self { value } else { text.flatMap { Int64($0) } }
  }

  public var array: [RedisValue]? { if case .array(let values) = self { values } else { nil } }

  /// This answer, unless it is an error.
  public func checked() throws(RedisError) -> RedisValue {
    if case .error(let text) = self { throw .refused(text) }
    return self
  }
}
