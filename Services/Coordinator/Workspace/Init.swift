import ArgumentParser
import Competition
import Foundation
import ServiceKit

struct Init: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the workspace of a new competition: a node to deploy, and a package for participants.",
    discussion: """
      node/ has the compose file, the contract and the settings; challenge/ has a base class, the node's scoring, a backtest,
      three example models and tests. What it writes passes its own tests at once: make test. Nothing is overwritten.

      \(Pack.allCases.map { "  \($0.rawValue)  \($0.data.summary)" }.joined(separator: "\n"))
      """)
  @Argument(help: "Name of the competition, or a folder that does not exist yet and ends with the name.")
  var name: String?
  @Option(help: "What to begin with: \(Pack.allCases.map(\.rawValue).joined(separator: " or ")).")
  var pack = Pack.realtime
  @Option(help: "Write nothing but the participants' copy of the contract anew, in the workspace of this folder.")
  var rules: String?

  func validate() throws {
    guard (name == nil) != (rules == nil) else {
      throw ValidationError("name the competition, as in `coordinator init my-challenge`; --rules goes without a name")
    }
  }

  func run() async throws {
    do {
      if let rules { return Terminal.line("wrote \(try WorkspaceRules.renew(in: rules))") }
      let workspace = try Workspace(path: name ?? "", pack: pack)
      try workspace.write()
      Terminal.line(
        """
        wrote \(workspace.folder), a competition of the kind \(pack.rawValue)
        next:
          cd \(workspace.folder)
          make test      # the participants' package and the contract
          make backtest  # three example models on \(pack.data.trial.sample)
          make deploy    # the node, in containers
        """)
    } catch let error as WorkspaceError {
      Terminal.complain("\(error)")
      throw ExitCode(1)
    } catch let error as ContractError {
      for problem in error.problems { Terminal.complain("node/contract.yaml:\(problem)") }
      throw ExitCode(ServiceMain.exitConfiguration)
    }
  }
}

extension Pack: ExpressibleByArgument {}
