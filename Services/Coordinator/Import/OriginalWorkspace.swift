import Competition
import Foundation

/// A workspace of the Python original, as it lies in a folder.
struct OriginalWorkspace: Sendable {
  enum Version: String, Sendable { case configuration = "0.1.101", variables = "0.1.1" }

  /// The folder that holds the configuration: the one that was named, or its `node/`.
  let folder: String
  let version: Version
  /// What was read, for people.
  let source: String
  /// `module:name` of the configuration.
  private let module: String
  private let variables: [String: String]
  private let schedulePath: String?

  /// Files of variables, in the order in which one is taken.
  private static let variableFiles = [".local.env", ".env", ".production.env", ".dev.env", ".local.env.example"]
  private static let scheduleFiles = [
    "config/scheduled_prediction_configs.json", "config/scheduled_predictions.json",
    "scheduled_prediction_configs.json", "scheduled_predictions.json",
  ]

  /// - Throws: `WorkspaceError` when there is nothing to read.
  init(path: String, module: String?) throws {
    let files = FileManager.default
    let root = URL(fileURLWithPath: path).standardizedFileURL.path
    guard files.fileExists(atPath: root) else {
      throw WorkspaceError(reason: "\(path) is not there", remedy: "name the folder of the workspace")
    }
    let folders = [root + "/node", root].filter { files.fileExists(atPath: $0) }
    func first(_ names: [String]) -> String? {
      folders.lazy.flatMap { folder in names.lazy.map { folder + "/" + $0 } }.first { files.fileExists(atPath: $0) }
    }
    let environment = first(Self.variableFiles)
    variables =
      try environment.map { try WorkspaceRules.variables(String(contentsOfFile: $0, encoding: .utf8)) } ?? [:]
    let named = module ?? variables["CRUNCH_CONFIG_MODULE"].flatMap { $0.isEmpty ? nil : $0 }
    let configuration = first(["config/crunch_config.py", "crunch_config.py"])
    let given = variables["SCHEDULED_PREDICTION_CONFIGS_PATH"].flatMap { $0.isEmpty ? nil : $0 }
    // The path may be one of the container that the original ran in.
    schedulePath = first((given.map { [$0, ($0 as NSString).lastPathComponent] } ?? []) + Self.scheduleFiles)

    if named != nil || configuration != nil {
      version = .configuration
      let isNested = configuration.map { $0.hasSuffix("/config/crunch_config.py") } ?? true
      self.module = named ?? (isNested ? "config.crunch_config:CrunchConfig" : "crunch_config:CrunchConfig")
      folder =
        configuration.map { path in
          let own = (path as NSString).deletingLastPathComponent
          return isNested ? (own as NSString).deletingLastPathComponent : own
        } ?? folders[0]
      source = self.module
    } else if let found = environment ?? schedulePath {
      version = .variables
      self.module = ""
      folder = folders.first { found.hasPrefix($0 + "/") } ?? root
      source = [environment, schedulePath].compactMap { $0 }.joined(separator: ", ")
    } else {
      throw WorkspaceError(
        reason: "\(path) has neither config/crunch_config.py nor a file of variables such as .local.env",
        remedy: "name the folder of the workspace, or --module and set PYTHONPATH")
    }
  }

  /// Where the workspace's own modules are looked for: the folder itself, and the participants' package beside it.
  var pythonPaths: [String] {
    let parent = (folder as NSString).deletingLastPathComponent
    return [folder, folder + "/challenge", parent + "/challenge", parent].filter {
      FileManager.default.fileExists(atPath: $0)
    }
  }

  func read(python: String) async throws -> ImportedContract {
    var imported = ImportedContract()
    switch version {
    case .configuration:
      let settings = try await ConfigurationReader(python: python, module: module, paths: pythonPaths).settings()
      ImportRules.configuration.apply(to: settings, variables: variables, &imported)
      if schedulePath != nil, variables["SCHEDULED_PREDICTION_CONFIGS_PATH"]?.isEmpty == false {
        imported.note(
          "SCHEDULED_PREDICTION_CONFIGS_PATH", "this version of the original reads schedules from its configuration",
          remedy: "unset it: here the file would go before the contract's schedules")
      }
    case .variables:
      try ImportRules.original(variables, schedules: schedules(), &imported)
    }
    ImportRules.variables(variables, &imported)
    return imported
  }

  private func schedules() throws -> JSON? {
    guard let schedulePath else { return nil }
    do { return try JSON(parsing: String(contentsOfFile: schedulePath, encoding: .utf8)) } catch {
      throw WorkspaceError(reason: "\(schedulePath) is no JSON: \(error)", remedy: "correct the file")
    }
  }
}
