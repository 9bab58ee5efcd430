import ArgumentParser
import Competition
import Store

/// `coordinator contract diff`.
struct ContractDiff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Says what a contract would change in a running competition, and from when on.",
    discussion: """
      Compares with the contract in force, which the predict worker has put into the database, or with another file. Ends
      with 0 when nothing would change, with 1 when something would, and with 78 when a file is wrong.
      """)
  @Argument(help: "The new file.") var file: String
  @Option(help: "Another file to compare with; without it the contract in force.") var with: String?
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let new = try Contract.read(file)
    let old = if let with { try Contract.read(with) } else { try await inForce() }
    let changes = old.changes(to: new)
    if output.json {
      Terminal.json(
        .array(
          changes.map {
            .object([
              "path": .string($0.path), "before": $0.before ?? .null, "after": $0.after ?? .null,
              "effect": .string($0.effect),
            ])
          }))
    } else if changes.isEmpty {
      Terminal.line("nothing would change")
    }
    if !output.json {
      for change in changes {
        Terminal.line("\(change.path): \(change.before?.text ?? "not there") -> \(change.after?.text ?? "not there")")
        Terminal.line("  \(change.effect)")
      }
    }
    if !changes.isEmpty { throw ExitCode(1) }
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
