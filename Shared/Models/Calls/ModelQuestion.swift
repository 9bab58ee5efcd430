import Competition

/// What a slot asks of every model: the contract's method with its arguments taken from the slot's scope.
public struct ModelQuestion: Sendable {
  public var method: String
  public var arguments: [EncodedArgument]

  public init(_ call: CrunchContract.ModelCall, scope: JSONObject) {
    method = call.method
    arguments = call.arguments.map { Self.encoded($0, scope[$0.name] ?? .null) }
  }

  /// Types as in the original: a missing value is the empty text, whatever the argument's type.
  private static func encoded(_ argument: CrunchContract.ModelCall.Argument, _ value: JSON) -> EncodedArgument {
    switch (argument.type, value) {
    case (_, .null): .string("")
    case (.int, _): value.int.map(EncodedArgument.int) ?? .string(text(value))
    case (.float, _), (.double, _): value.number.map(EncodedArgument.double) ?? .string(text(value))
    case (.json, _): .json(value)
    case (.string, _): .string(text(value))
    }
  }

  private static func text(_ value: JSON) -> String { value.string ?? value.text }
}
