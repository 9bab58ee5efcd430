import Logging
import ServiceKit
import ServiceLifecycle

/// Runs every model folder of a directory; folders that come or go while it runs are started or stopped.
struct ModelFleet: Service {
  let directory: String
  let python: String
  let advertisedHost: String
  let registry: RunRegistry
  let logger: Logger

  func run() async throws {
    var running: [ModelFolder: Task<Void, Never>] = [:]
    var failure: (any Error)?
    do { try await watch(&running) } catch { failure = error }
    // However this ends, no model outlives it.
    for task in running.values { task.cancel() }
    for task in running.values { await task.value }
    if let failure { throw failure }
  }

  private func watch(_ running: inout [ModelFolder: Task<Void, Never>]) async throws {
    var complaints: Set<ModelFolderError> = []
    try await every(.seconds(5), logger: logger) {
      let folders = try ModelFolder.all(in: directory) { problem in
        if complaints.insert(problem).inserted { logger.error("model folder skipped: \(problem)") }
      }
      if folders.isEmpty, running.isEmpty {
        logger.warning("no model folder with a main.py", metadata: ["directory": "\(directory)"])
      }
      for (folder, task) in running where !folders.contains(folder) {
        task.cancel()
        running[folder] = nil
      }
      for folder in folders where running[folder] == nil { running[folder] = Task { await runner(folder).run() } }
    }
  }

  private func runner(_ folder: ModelFolder) -> ModelRunner {
    var logger = logger
    logger[metadataKey: "model"] = "\(folder.name)"
    return ModelRunner(
      folder: folder, python: python, baseDirectory: directory + "/_base", advertisedHost: advertisedHost,
      registry: registry, logger: logger)
  }
}
