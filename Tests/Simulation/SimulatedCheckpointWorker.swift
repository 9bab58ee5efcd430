import Callables
import Competition
import Logging
import ServiceKit

@testable import CheckpointWorker

/// A checkpoint worker made of the same parts as the real one.
struct SimulatedCheckpointWorker: Sendable {
  let process: SimulatedProcess
  let store: SimulatedStore
  let skewSeconds: Int

  func run() async {
    await process.live(skewSeconds: skewSeconds) {
      let contract = CrunchContract.default
      return [
        CheckpointKeeper(
          store: store,
          builder: CheckpointBuilder(contract.aggregation, emission: contract.emission, wallets: Wallets()),
          emission: EmissionBuilder(of: contract), intervalSeconds: Scenario.checkpointSeconds, health: Health(),
          logger: Logger(label: process.name) { _ in SwiftLogNoOpLogHandler() })
      ]
    }
  }
}
