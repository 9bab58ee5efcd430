import Callables
import Competition
import ServiceKit
import Store

/// The score worker as a process.
public enum ScoreService {
  /// Runs until it is asked to end.
  public static func run(_ start: ServiceStart = ServiceStart()) async -> Never {
    await ServiceMain.run(
      "score-worker", start: start,
      purpose: "Scores predictions when their truth is known; one of the workers keeps the leaderboard.",
      settings: ScoreSettings.init, parts: ["predictions.pending"], measuresStreams: true
    ) { context in
      let settings = context.settings
      let contract = settings.contract
      let contracts = try ContractsInForce(
        contract, id: try await context.register(contract),
        functions: try await ContractFunctions.load(contract, settings: settings, logger: context.logger),
        store: context.store, logger: context.logger
      ) { earlier in
        try await ContractFunctions.load(earlier, settings: settings, logger: context.logger)
      }
      let truths = TruthSource(
        store: context.store,
        resolver: GroundTruthResolver(
          contract: contract, graceSeconds: settings.graceSeconds,
          maxWaitSeconds: settings.maxWaitSeconds), contracts: contracts,
        fallback: settings.feed.keys[0], isTape: settings.feed.isTape)
      let scorer = TaskScorer(
        store: context.store, bus: context.bus, truths: truths, contracts: contracts,
        concurrency: settings.concurrency, bucketSeconds: settings.bucketSeconds, workerName: context.instanceName,
        patience: .seconds(settings.leaseSeconds), logger: context.logger)
      let work = TaskWork(
        store: context.store, scorer: scorer, policy: settings.policy, lease: .seconds(settings.leaseSeconds),
        workerName: context.instanceName, activity: context.activity, logger: context.logger)
      let pauses = PauseWatch(store: context.store, logger: context.logger)
      let backlog = Backlog()
      let duties = LeaderDuties(
        store: context.store, bus: context.bus, bucketSeconds: settings.bucketSeconds,
        instanceName: context.instanceName,
        contracts: contracts, claim: LeaseClaim(name: Leader.leaseName, holder: context.instanceName),
        lease: .seconds(settings.leaseSeconds), streamLength: context.common.streamLength, pauses: pauses,
        backlog: backlog, activity: context.activity, logger: context.logger)
      let duty = Duty(
        Leader.leaseName, holder: context.instanceName, store: context.store, activity: context.activity,
        logger: context.logger)
      return [
        Leader(duty: duty, duties: duties, logger: context.logger),
        LetterReplays(
          duty: duty, commands: context.store.commands, letters: context.store.deadLetters, logger: context.logger),
        RoundJudge(
          duty: duty, bus: context.bus, commands: context.store.commands, rounds: context.store.rounds,
          logger: context.logger),
        ScoreLanes(
          bus: context.bus, work: work, pauses: pauses, lanes: settings.concurrency, batchSize: settings.batchSize,
          lease: .seconds(settings.leaseSeconds), drain: .seconds(settings.drainSeconds),
          consumerName: context.instanceName, health: context.health, activity: context.activity, backlog: backlog,
          logger: context.logger),
        Promoter(bus: context.bus, duty: duty, logger: context.logger),
      ]
    }
  }
}
