/// A command with its arguments, all in one buffer.
public struct RedisCommand: Sendable, Hashable {
  private(set) var bytes: [UInt8] = []
  /// Where each argument ends.
  private(set) var ends: [Int] = []

  public init(_ arguments: String...) { for argument in arguments { append(argument) } }
  public init(_ arguments: [String]) { for argument in arguments { append(argument) } }

  public mutating func append(_ argument: String) { append(argument.utf8) }

  public mutating func append(_ argument: some Sequence<UInt8>) {
    bytes.append(contentsOf: argument)
    ends.append(bytes.count)
  }
}
