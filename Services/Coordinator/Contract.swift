import ArgumentParser
import Competition
import Foundation
import ServiceKit

struct Contract: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks and shows what the competition is about.",
    discussion:
      "The file is that of the variable CRUNCH_CONTRACT, or the one that is named; without both the default holds.",
    subcommands: [Check.self, Show.self, ContractDiff.self], defaultSubcommand: Show.self)

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Says what is wrong in a contract file, each with its line and column; ends with 78 when something is.")
    @Argument(help: "The file; without it that of CRUNCH_CONTRACT.") var file: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
      let source = try Contract.source(file)
      do {
        let digest = try source.contract().digest
        if output.json { return Terminal.json(.object(["problems": .array([]), "digest": .string(digest)])) }
        Terminal.line("\(source.path ?? "the default contract") holds; digest \(digest.prefix(12))")
      } catch let error as ContractError {
        guard output.json else { throw source.refusal(error) }
        Terminal.json(.object(["problems": .array(error.problems.map(Self.json))]))
        throw ExitCode(ServiceMain.exitConfiguration)
      }
    }

    private static func json(_ problem: ContractProblem) -> JSON {
      .object([
        "line": JSON(problem.line), "column": JSON(problem.column), "path": .string(problem.path),
        "message": .string(problem.message),
      ])
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints the contract with its defaults written out, as a file that says the same.")
    @Argument(help: "The file; without it that of CRUNCH_CONTRACT.") var file: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
      let source = try Contract.source(file)
      do {
        let contract = try source.contract()
        output.json ? Terminal.json(contract.json) : Terminal.write(try contract.yaml)
      } catch let error as ContractError { throw source.refusal(error) }
    }
  }

  /// The contract of a file, or the exit of a wrong one with all that is wrong.
  static func read(_ file: String) throws -> CrunchContract {
    let source = try source(file)
    do { return try source.contract() } catch let error as ContractError { throw source.refusal(error) }
  }

  /// What variables say in the place of contracts.
  static func variables() throws -> ContractVariables {
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let variables = reader.contractVariables()
    try Connection.check(reader.problems)
    return variables
  }

  /// A contract's text and where it is from; without a path the default contract.
  private struct Source {
    var path: String?
    var text = ""
    /// What goes before it.
    var variables: ContractVariables

    func contract() throws -> CrunchContract { try ContractFile.contract(from: text, as: variables.applied) }

    /// Says what is wrong, a line each, and answers how the command ends.
    func refusal(_ error: ContractError) -> ExitCode {
      for problem in error.problems { Terminal.complain("\(path ?? ""):\(problem)") }
      return ExitCode(ServiceMain.exitConfiguration)
    }
  }

  private static func source(_ file: String?) throws -> Source {
    let variable = ProcessInfo.processInfo.environment["CRUNCH_CONTRACT"].flatMap { $0.isEmpty ? nil : $0 }
    let variables = try variables()
    guard let path = file ?? variable else { return Source(variables: variables) }
    do {
      return Source(path: path, text: try String(contentsOfFile: path, encoding: .utf8), variables: variables)
    } catch {
      Terminal.complain("\(path) cannot be read: \(error.localizedDescription)")
      throw ExitCode(ServiceMain.exitConfiguration)
    }
  }
}
