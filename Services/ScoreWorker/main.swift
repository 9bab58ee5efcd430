import Competition
import ServiceKit

await ServiceMain.run(
  "score-worker", purpose: "Scores predictions when their truth is known; one of the workers keeps the leaderboard.",
  settings: ScoreSettings.init, parts: ["predictions.pending"]
) { context in
  let settings = context.settings
  let contract = CrunchContract.default
  let truths = TruthSource(
    store: context.store,
    resolver: GroundTruthResolver(
      contract: contract, graceSeconds: settings.graceSeconds,
      maxWaitSeconds: settings.maxWaitSeconds),
    fallback: settings.feed.keys[0])
  let scorer = TaskScorer(
    store: context.store, bus: context.bus, truths: truths, function: DirectionalScore(),
    bucketSeconds: settings.bucketSeconds, logger: context.logger)
  let duties = LeaderDuties(
    store: context.store, bus: context.bus, contract: contract, bucketSeconds: settings.bucketSeconds,
    instanceName: context.instanceName, logger: context.logger)
  return [
    Leader(store: context.store, duties: duties, instanceName: context.instanceName, logger: context.logger),
    ScoreLanes(
      bus: context.bus, store: context.store, scorer: scorer, lanes: settings.concurrency,
      batchSize: settings.batchSize,
      lease: .seconds(settings.leaseSeconds), consumerName: context.instanceName, health: context.health,
      logger: context.logger),
    Promoter(bus: context.bus, logger: context.logger),
  ]
}
