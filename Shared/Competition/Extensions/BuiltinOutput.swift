/// What becomes of an answer that has the contract's fields.
public enum BuiltinOutput: String, BuiltinExtension {
  /// It counts as it is.
  case asIs = "as_is"
  /// Its `value` is cut to −1 … 1.
  case clip
  /// Its `value` must be a probability, 0 to 1.
  case probability
  /// Its `value` becomes −1, 0 or 1.
  case sign

  public var summary: String {
    switch self {
    case .asIs: "as the contract's fields say"
    case .clip: "value is cut to -1 ... 1"
    case .probability: "value must be from 0 to 1"
    case .sign: "value becomes -1, 0 or 1"
    }
  }

  /// - Throws: `OutputRefusal`
  public func output(_ output: JSONObject) throws -> JSONObject {
    guard self != .asIs, let value = output["value"]?.number else { return output }
    var changed = output
    switch self {
    case .asIs: break
    case .clip: changed["value"] = .double(min(1, max(-1, value)))
    case .probability:
      guard (0...1).contains(value) else { throw OutputRefusal(reason: "value is \(value), and no probability") }
    case .sign: changed["value"] = .double(value > 0 ? 1 : value < 0 ? -1 : 0)
    }
    return changed
  }
}

/// Why an answer does not count.
public struct OutputRefusal: Error, Sendable, Hashable {
  public var reason: String
  public init(reason: String) { self.reason = reason }
}
