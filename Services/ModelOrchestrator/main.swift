import Foundation
import ServiceKit

await ServiceMain.runAlone(
  "model-orchestrator", purpose: "Runs every folder of models as a local process and announces it to coordinators.",
  settings: OrchestratorSettings.init
) { settings, health, logger in
  let registry = RunRegistry()
  let directory = URL(fileURLWithPath: settings.modelsDirectory).path
  return [
    ModelFleet(
      directory: directory, python: settings.python, advertisedHost: settings.advertisedHost, registry: registry,
      logger: logger),
    OrchestratorServer(
      host: settings.host, port: settings.port, crunchID: settings.crunchID, registry: registry, logger: logger),
  ]
}
