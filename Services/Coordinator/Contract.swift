import ArgumentParser
import Competition
import Foundation
import ServiceKit

struct Contract: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks and shows what the competition is about.",
    discussion:
      "The file is that of the variable CRUNCH_CONTRACT, or the one that is named; without both the default holds.",
    subcommands: [Check.self, Show.self], defaultSubcommand: Show.self)

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Says what is wrong in a contract file, each with its line and column; ends with 78 when something is.")
    @Argument(help: "The file; without it that of CRUNCH_CONTRACT.") var file: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
      do {
        let (contract, path) = try Contract.read(file)
        if output.json {
          return Terminal.json(.object(["problems": .array([]), "digest": .string(contract.digest)]))
        }
        Terminal.line("\(path ?? "the default contract") holds; digest \(contract.digest.prefix(12))")
      } catch let error as ContractError {
        if output.json {
          Terminal.json(
            .object([
              "problems": .array(
                error.problems.map {
                  .object([
                    "line": JSON($0.line), "column": JSON($0.column), "path": .string($0.path),
                    "message": .string($0.message),
                  ])
                })
            ]))
        } else {
          let path = file ?? Contract.environmentPath ?? ""
          for problem in error.problems { Terminal.complain("\(path):\(problem)") }
        }
        throw ExitCode(ServiceMain.exitConfiguration)
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints the contract with its defaults written out, as a file that says the same.")
    @Argument(help: "The file; without it that of CRUNCH_CONTRACT.") var file: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
      do {
        let contract = try Contract.read(file).contract
        output.json ? Terminal.json(contract.json) : Terminal.write(try contract.yaml)
      } catch let error as ContractError {
        for problem in error.problems { Terminal.complain("\(file ?? Contract.environmentPath ?? ""):\(problem)") }
        throw ExitCode(ServiceMain.exitConfiguration)
      }
    }
  }

  private static var environmentPath: String? {
    ProcessInfo.processInfo.environment["CRUNCH_CONTRACT"].flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func read(_ file: String?) throws -> (contract: CrunchContract, path: String?) {
    guard let path = file ?? environmentPath else { return (.default, nil) }
    let text: String
    do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
      Terminal.complain("\(path) cannot be read: \(error.localizedDescription)")
      throw ExitCode(ServiceMain.exitConfiguration)
    }
    return (try ContractFile.contract(from: text), path)
  }
}
