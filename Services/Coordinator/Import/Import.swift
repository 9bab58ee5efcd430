import ArgumentParser
import Competition
import Foundation
import ServiceKit

struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes the contract of a competition that ran on the Python original, pointing at its Python functions.",
    discussion: """
      Reads crunch_config.py (0.1.101), which it executes, or a file of variables and the JSON schedules (0.1.1), in the
      folder or in its node/. Writes contract.yaml there and, for functions that import names of the original's packages,
      compat/. What cannot be carried over is listed. Ends with 1 when there is nothing to read.
      """)
  @Argument(help: "Folder of the workspace.") var path: String
  @Option(
    help:
      "MODULE:NAME of the configuration; without it CRUNCH_CONFIG_MODULE of the workspace's variables, else config.crunch_config:CrunchConfig."
  )
  var module: String?
  @Option(help: "Python that executes the configuration.") var python: String?
  @Option(help: "Where the contract is written; without it contract.yaml beside the configuration.") var output: String?
  @Flag(help: "Replace a contract that is there.") var overwrite = false
  @Flag(help: "Print JSON for programs.") var json = false

  func run() async throws {
    do {
      let workspace = try OriginalWorkspace(path: path, module: module)
      let target = output ?? workspace.folder + "/contract.yaml"
      guard overwrite || !FileManager.default.fileExists(atPath: target) else {
        throw WorkspaceError(reason: "\(target) is there already", remedy: "move it away, or add --overwrite")
      }
      let interpreter = python ?? NodeSettings().score.scoring.python.interpreter
      let imported = try await workspace.read(python: interpreter)
      let contract = try imported.contract()
      try contract.yaml.write(toFile: target, atomically: true, encoding: .utf8)
      let support = try imported.needsSupport ? SupportModules.write(beside: workspace.folder) : nil
      report(imported, workspace, target: target, support: support)
    } catch let error as WorkspaceError {
      Terminal.complain("\(error)")
      throw ExitCode(1)
    } catch let error as ContractError {
      for problem in error.problems { Terminal.complain("\(problem.path): \(problem.message)") }
      throw ExitCode(1)
    }
  }

  private func report(
    _ imported: ImportedContract, _ workspace: OriginalWorkspace, target: String, support: String?
  ) {
    let pythonPath = ([support] + workspace.pythonPaths).compactMap { $0 }.joined(separator: ":")
    if json {
      return Terminal.json(
        .object([
          "contract": .string(target), "version": .string(workspace.version.rawValue),
          "carried": .array(imported.carried.map(JSON.string)), "python_path": .string(pythonPath),
          "notes": .array(
            imported.notes.map {
              .object(["setting": .string($0.setting), "what": .string($0.what), "remedy": JSON($0.remedy)])
            }),
        ]))
    }
    Terminal.line("wrote \(target), from \(workspace.source) (\(workspace.version.rawValue))")
    Terminal.line("carried over: \(imported.carried.joined(separator: ", "))")
    if !imported.notes.isEmpty { Terminal.line("\nnot carried over, or otherwise than before:") }
    for note in imported.notes {
      Terminal.line("  \(note.setting): \(note.what)" + (note.remedy.map { "\n    \($0)" } ?? ""))
    }
    Terminal.line("\nrun the node with:\n  CRUNCH_CONTRACT=\(target)")
    if imported.usesPython { Terminal.line("  PYTHONPATH=\(pythonPath)") }
    Terminal.line("then: coordinator contract check; coordinator callable test; coordinator doctor")
  }
}
