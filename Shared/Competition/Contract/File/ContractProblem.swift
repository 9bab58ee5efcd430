/// Something that is wrong in a contract file, where, and what to write instead.
public struct ContractProblem: Sendable, Hashable, CustomStringConvertible {
  /// From 1, as editors count.
  public var line: Int
  public var column: Int
  /// The keys down to it with dots between, such as `aggregation.windows`; empty for the whole file.
  public var path: String
  public var message: String

  public init(line: Int, column: Int, path: String, message: String) {
    self.line = line
    self.column = column
    self.path = path
    self.message = message
  }

  public var description: String { "\(line):\(column): " + (path.isEmpty ? "" : path + ": ") + message }
}

/// All that is wrong in a contract file, in the order of its lines.
public struct ContractError: Error, Sendable, Hashable, CustomStringConvertible {
  public var problems: [ContractProblem]

  public init(problems: [ContractProblem]) {
    self.problems = problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
