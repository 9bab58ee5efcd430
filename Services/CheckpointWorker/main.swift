import Competition
import ServiceKit

await ServiceMain.run(
  "checkpoint-worker", purpose: "Turns the ranking of each period into a checkpoint with its emission.",
  settings: CheckpointSettings.init
) { context in
  [
    CheckpointKeeper(
      store: context.store,
      builder: CheckpointBuilder(
        context.settings.contract.aggregation, emission: context.settings.contract.emission,
        wallets: context.settings.wallets),
      intervalSeconds: context.settings.intervalSeconds, health: context.health, logger: context.logger)
  ]
}
