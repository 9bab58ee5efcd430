import Callables
import Competition
import ServiceKit

/// The checkpoint worker as a process.
public enum CheckpointService {
  /// Runs until it is asked to end.
  public static func run(_ start: ServiceStart = ServiceStart()) async -> Never {
    await ServiceMain.run(
      "checkpoint-worker", start: start,
      purpose: "Turns the ranking of each period into a checkpoint with its emission.",
      settings: CheckpointSettings.init
    ) { context in
      let contract = context.settings.contract
      _ = try await context.register(contract)
      return [
        CheckpointKeeper(
          store: context.store,
          builder: CheckpointBuilder(
            contract.aggregation, emission: contract.emission, wallets: context.settings.wallets,
            contract: contract.digest),
          emission: try await EmissionBuilder(
            of: contract, wallets: context.settings.wallets, limits: context.settings.python, logger: context.logger),
          intervalSeconds: context.settings.intervalSeconds, health: context.health, logger: context.logger),
        CheckpointPunctuality(
          store: context.store.checkpoints, intervalSeconds: context.settings.intervalSeconds, logger: context.logger),
      ]
    }
  }
}
