import ArgumentParser
import Competition
import ServiceKit
import Store

/// `coordinator contract diff`.
struct ContractDiff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Says what a contract would change in a running competition, and from when on.",
    discussion: """
      Compares with the contract in force, which the predict worker has put into the database, or with another file. What
      variables such as SCORING_FUNCTION say goes before the files, here as in the workers. Ends with 0 when nothing would
      change, with 1 when something would, and with 78 when a file is wrong.
      """)
  @Argument(help: "The new file.") var file: String
  @Option(help: "Another file to compare with; without it the contract in force.") var with: String?
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let variables = try Contract.variables()
    let new = variables.applied(to: try Contract.read(file))
    let old = if let with { variables.applied(to: try Contract.read(with)) } else { try await inForce() }
    let changes = old.changes(to: new)
    if output.json {
      Terminal.json(
        .array(
          changes.map {
            .object([
              "path": .string($0.path), "before": $0.before ?? .null, "after": $0.after ?? .null,
              "effect": .string($0.effect), "variable": JSON(variables.names[$0.path]),
            ])
          }))
    } else {
      say(changes, variables)
    }
    if !changes.isEmpty { throw ExitCode(1) }
  }

  private func say(_ changes: [ContractChange], _ variables: ContractVariables) {
    if changes.isEmpty { Terminal.line("nothing would change") }
    for change in changes {
      Terminal.line("\(change.path): \(change.before?.text ?? "not there") -> \(change.after?.text ?? "not there")")
      Terminal.line("  \(change.effect)")
    }
    for (path, name) in variables.names.sorted(by: { $0.key < $1.key }) {
      Terminal.line("\(name) is set: it says \(path), whatever the file says")
    }
  }

  private func inForce() async throws -> CrunchContract {
    let contracts = try Connection().store.contracts
    guard let id = try await contracts.periods().last?.contractID, let stored = try await contracts.contract(id) else {
      Terminal.complain("no contract is in force yet; --with names a file to compare with")
      throw ExitCode(1)
    }
    return stored
  }
}
