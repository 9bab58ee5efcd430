/// Why a callable cannot be used: found at the start, before it has scored anything.
public struct CallableFault: Error, Hashable, CustomStringConvertible {
  /// As the setting has it.
  public var callable: String
  public var reason: String
  /// What the operator can do.
  public var hint: String

  public init(_ callable: String, _ reason: String, hint: String) {
    self.callable = callable
    self.reason = reason
    self.hint = hint
  }

  public var description: String { "\(callable) \(reason); \(hint)" }
}
