import Competition

/// How a worker is started, where that is not from its own executable.
public struct ServiceStart: Sendable {
  /// The competition's contract, of a program that has it as a value; nil: `CRUNCH_CONTRACT` names a file.
  public var contract: CrunchContract?
  public var arguments: [String]

  /// - Parameter arguments: those of the worker, without the program's name.
  public init(contract: CrunchContract? = nil, arguments: [String] = Array(CommandLine.arguments.dropFirst())) {
    self.contract = contract
    self.arguments = arguments
  }
}

/// An error that may be about a setting; the start then ends with exit 78.
public protocol ConfigurationFault: Error {
  var isConfigurationFault: Bool { get }
}
