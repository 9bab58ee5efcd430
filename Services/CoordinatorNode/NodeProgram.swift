import CheckpointWorker
import Competition
import Foundation
import PredictWorker
import ReportWorker
import ScoreWorker
import ServiceKit

/// The program of a competition whose contract is a value in Swift: its first argument names what it is to be, and each is
/// what the node's own executable of that name is, but for the contract, which is the value and not a file.
///
///     import Competition
///     import CoordinatorNode
///
///     await NodeProgram("my-crunch", contract: CrunchContract(scoring: .builtin(.squaredError))).run()
///
/// The feed worker and the orchestrator of models do not read the contract: they run as they are. `my-crunch contract`
/// prints it as a file, for `coordinator` and its `CRUNCH_CONTRACT`.
public struct NodeProgram: Sendable {
  private let name: String
  private let contract: CrunchContract

  /// What the program can be.
  public enum Role: String, Sendable, CaseIterable {
    case predictWorker = "predict-worker"
    case scoreWorker = "score-worker"
    case checkpointWorker = "checkpoint-worker"
    case reportWorker = "report-worker"
    /// Prints the contract, and ends.
    case contract
  }

  /// - Parameters:
  ///   - name: of the program, for its help.
  ///   - contract: what the competition is about; checked as a file is before anything runs.
  public init(_ name: String, contract: CrunchContract) {
    self.name = name
    self.contract = contract
  }

  /// Ends with 64 when the arguments name no role, and with 78 when the contract or a variable is wrong.
  /// - Parameter arguments: the role, then what its executable takes, such as `--help`.
  public func run(_ arguments: [String] = Array(CommandLine.arguments.dropFirst())) async -> Never {
    let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
    guard let role = arguments.first.flatMap(Role.init) else {
      let isAsked = arguments.first == "--help" || arguments.first == "-h"
      say("usage: \(name) ROLE, which is one of \(roles)", to: isAsked ? .standardOutput : .standardError)
      exit(isAsked ? 0 : 64)
    }
    let text = checked()
    let start = ServiceStart(contract: contract, arguments: Array(arguments.dropFirst()))
    switch role {
    case .predictWorker: await PredictService.run(start)
    case .scoreWorker: await ScoreService.run(start)
    case .checkpointWorker: await CheckpointService.run(start)
    case .reportWorker: await ReportService.run(start)
    case .contract:
      say(text, to: .standardOutput)
      exit(0)
    }
  }

  /// The contract as a file. A value can say what no file may: the start ends with all that is wrong with it.
  private func checked() -> String {
    do {
      let text = try contract.yaml
      _ = try ContractFile.contract(from: text)
      return text
    } catch let error as ContractError {
      for problem in error.problems {
        say("\(name): contract: \(problem.path): \(problem.message)", to: .standardError)
      }
    } catch { say("\(name): contract: \(error)", to: .standardError) }
    exit(ServiceMain.exitConfiguration)
  }

  private func say(_ text: String, to handle: FileHandle) { handle.write(Data((text + "\n").utf8)) }
}
