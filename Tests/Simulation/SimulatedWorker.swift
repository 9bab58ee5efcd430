import Bus
import Competition
import Logging
import ServiceLifecycle
import Store

@testable import ScoreWorker
@testable import ServiceKit

/// A score worker made of the same parts as the real one, over connections on which anything can happen.
struct SimulatedWorker: Sendable {
  let process: SimulatedProcess
  let store: SimulatedStore
  let bus: SimulatedBus
  let skewSeconds: Int
  let batchSize: Int

  static let drain: Duration = .seconds(1)

  /// Runs until the process has drained or was killed.
  func run() async {
    await process.live(skewSeconds: skewSeconds) { try services() }
  }

  private func services() throws -> [any Service] {
    let name = process.name
    let contract = CrunchContract.default
    let logger = Logger(label: name) { _ in SwiftLogNoOpLogHandler() }
    let activity = Activity(name: name, service: "score-worker", startedAt: .now())
    let call = ScoringCall(
      function: DelayedScore(conditions: process.conditions), timeout: .seconds(30), logger: logger)
    let functions = ContractFunctions(contract, call: call)
    let contracts = try ContractsInForce(
      contract, functions: functions, store: store, logger: logger
    ) { _ in functions }
    let truths = TruthSource(
      store: store, resolver: GroundTruthResolver(contract: contract, graceSeconds: 300, maxWaitSeconds: 86_400),
      contracts: contracts, fallback: Scenario.feed)
    let scorer = TaskScorer(
      store: store, bus: bus, truths: truths, contracts: contracts,
      concurrency: 2, bucketSeconds: Scenario.bucketSeconds, workerName: name,
      patience: process.lease, logger: logger)
    // Faults of the surroundings alone must not give up good work.
    let work = TaskWork(
      store: store, scorer: scorer, policy: WorkPolicy(maxDeliveries: 100), lease: process.lease, workerName: name,
      activity: activity, logger: logger)
    let pauses = PauseWatch(store: store, logger: logger)
    let backlog = Backlog()
    let duties = LeaderDuties(
      store: store, bus: bus, bucketSeconds: Scenario.bucketSeconds, instanceName: name,
      contracts: contracts, claim: LeaseClaim(name: Leader.leaseName, holder: name),
      lease: process.lease, pauses: pauses, backlog: backlog, activity: activity,
      logger: logger)
    let duty = Duty(Leader.leaseName, holder: name, store: store, activity: activity, logger: logger)
    return [
      Leader(duty: duty, duties: duties, logger: logger),
      ScoreLanes(
        bus: bus, work: work, pauses: pauses, lanes: 2, batchSize: batchSize, lease: process.lease,
        drain: Self.drain, consumerName: name, health: Health(), activity: activity, backlog: backlog,
        logger: logger),
      Promoter(bus: bus, duty: duty, logger: logger),
      Heartbeat(bus: bus, activity: activity, name: name, logger: logger),
    ]
  }
}
