import Callables
import Competition
import Models
import ServiceKit

/// The predict worker as a process.
public enum PredictService {
  /// Runs until it is asked to end.
  public static func run(_ start: ServiceStart = ServiceStart()) async -> Never {
    await ServiceMain.run(
      "predict-worker", start: start, purpose: "Shows the feed to the models and asks them when a config is due.",
      settings: PredictSettings.init, parts: ["feed.records", "orchestrator"]
    ) { context in
      let settings = context.settings
      let contract = settings.contract
      // What is asked from now on is asked under this contract.
      let contractID = try await context.register(contract)
      try await persistently("put the contract in force", logger: context.logger) {
        try await context.store.contracts.enforce(contractID)
      }
      let hasManySubjects = settings.feed.subjects.count > 1
      let cluster = ModelCluster(
        ModelClusterConfiguration(
          host: settings.modelHost, port: settings.modelPort, crunchID: context.common.crunchID,
          baseClassname: settings.baseClassname, updateMethod: settings.updateMethod,
          timeout: .seconds(settings.modelTimeoutSeconds)),
        logger: context.logger
      ) { [health = context.health] isConnected in
        if isConnected { health.ready("orchestrator") } else { health.notReady("orchestrator", reason: "away") }
      }
      let records = PredictionRecord(contract: contract, hasManySubjects: hasManySubjects)
      let committer = AnswerCommitter(store: context.store, bus: context.bus, logger: context.logger)
      let validator = try await OutputValidator(
        contract.callables.inferenceOutput, fields: contract.output, limits: settings.python, logger: context.logger)
      let caller = SlotCaller(
        cluster: cluster, committer: committer, contract: contract, records: records, validator: validator)
      let due = DueSlots(
        contract: contract, contractID: contractID, timeoutSeconds: settings.modelTimeoutSeconds,
        deadlineSeconds: settings.predictDeadlineSeconds, hasManySubjects: hasManySubjects)
      let follower = FeedFollower(
        store: context.store, cluster: cluster, caller: caller, committer: committer, contract: contract,
        records: records,
        inputs: try await InputBuilder(
          contract.callables.inferenceInput, shapes: contract.shapes, limits: settings.python, logger: context.logger),
        due: due, workerName: context.instanceName, windowRecords: settings.feed.windowRecords,
        isTape: settings.feed.isTape, logger: context.logger)
      let duty = Duty(
        "predict-leader", holder: context.instanceName, store: context.store, activity: context.activity,
        logger: context.logger)
      let lostSlots = LostSlots(
        store: context.store, cluster: cluster, caller: caller, committer: committer, records: records,
        duty: duty, logger: context.logger, isTape: settings.feed.isTape)
      let rounds = RoundDesk(
        store: context.store, cluster: cluster,
        asker: RoundAsker(
          store: context.store, cluster: cluster, contract: contract,
          records: PredictionRecord(contract: contract, hasManySubjects: false), validator: validator,
          logger: context.logger),
        contract: contract, contractID: contractID, duty: duty, workerName: context.instanceName,
        logger: context.logger)
      return [
        PredictWorker(
          bus: context.bus, store: context.store, feeds: settings.feed.keys, follower: follower, cluster: cluster,
          caller: caller, committer: committer, lostSlots: lostSlots, rounds: rounds, duty: duty,
          pauses: PauseWatch(store: context.store, logger: context.logger), consumerName: context.instanceName,
          health: context.health, activity: context.activity, logger: context.logger)
      ]
    }
  }
}
