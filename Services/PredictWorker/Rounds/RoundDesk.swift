import Competition
import Logging
import Models
import ServiceKit
import Store

/// Opens rounds and has models asked about their features, as somebody asked for by the API (decisions 17 and 23). The
/// worker that leads does it. Each step is a guarded change of the round's row, and a command is done when it is finished:
/// one that a worker left unfinished is taken up by the next.
actor RoundDesk {
  private let store: Store
  private let cluster: ModelCluster
  private let asker: RoundAsker
  private let contract: CrunchContract
  private let contractID: Int64?
  private let duty: Duty
  private let workerName: String
  private let logger: Logger
  /// Commands that are under way here.
  private var underWay: Set<String> = []
  private var known = KnownModels()
  private let startedAt = ContinuousClock.now
  private var newestJoin = ContinuousClock.now

  /// Rounds that models are asked about at the same time.
  private static let atOnce = 20
  private static let page = 100
  /// How long features wait for a first model, and at most for more of them.
  static let patienceSeconds = 30.0
  /// While models join one after the other, as they do after a start, features wait: whoever is not there is not asked.
  static let lull: Duration = .seconds(2)

  init(
    store: Store, cluster: ModelCluster, asker: RoundAsker, contract: CrunchContract, contractID: Int64?, duty: Duty,
    workerName: String, logger: Logger
  ) {
    self.store = store
    self.cluster = cluster
    self.asker = asker
    self.contract = contract
    self.contractID = contractID
    self.duty = duty
    self.workerName = workerName
    self.logger = logger
  }

  /// Works until the process drains. What is under way then is left to the next worker that leads.
  func run() async throws {
    try await withThrowingDiscardingTaskGroup { group in
      try await every(.milliseconds(200), logger: logger) {
        if !known.isRecalled { known.recall(try await KnownModels.earlier(in: store)) }
        if known.note(await cluster.models().map(\.id)) { newestJoin = .now }
        guard duty.isHeld else { return }
        for command in try await waiting() {
          guard command.kind == .askModels else {
            try await open(command)
            continue
          }
          guard underWay.count < Self.atOnce else { continue }
          underWay.insert(command.id)
          group.addTask { await self.carryOut(command) }
        }
      }
      group.cancelAll()
    }
  }

  /// What was asked for and is not under way.
  private func waiting() async throws -> [CommandStore.Command] {
    var commands: [CommandStore.Command] = []
    var last: CommandStore.Command?
    repeat {
      let page = try await store.commands.open(.openRound, .askModels, after: last, limit: Self.page)
      commands += page.filter { !underWay.contains($0.id) }
      last = page.count < Self.page ? nil : page.last
    } while last != nil
    return commands
  }

  private func open(_ command: CommandStore.Command) async throws {
    let wanted = try await store.commands.payload(id: command.id)
    let limits = RoundLimits(
      answerSeconds: wanted["answer_seconds"]?.number ?? contract.rounds.answerSeconds,
      truthSeconds: wanted["truth_seconds"]?.number ?? contract.rounds.truthSeconds)
    if let reason = limits.whyImpossible { return try await refuse(command, reason) }
    if try await store.rounds.open(id: command.target, by: command.actor, limits: limits) != nil {
      logger.notice("round opened", metadata: ["round": "\(command.target)", "actor": "\(command.actor)"])
    } else if let known = try await store.rounds.round(id: command.target),
      known.limits != limits || known.state != .open
    {
      return try await refuse(command, "the round \(known.id) is there already")
    }
    try await store.commands.finish(id: command.id, state: "done", result: [:])
  }

  /// One that cannot be carried out now is looked at again in the next turn.
  private func carryOut(_ command: CommandStore.Command) async {
    defer { underWay.remove(command.id) }
    do { try await askModels(command) } catch is CancellationError {
    } catch {
      logger.warning("a round goes on later", metadata: ["round": "\(command.target)", "cause": "\(error)"])
    }
  }

  private func askModels(_ command: CommandStore.Command) async throws {
    let features = try await store.commands.payload(id: command.id)["features"]?.array?.compactMap(\.object) ?? []
    guard let round = try await begun(command, features) else { return }
    guard round.inferenceID == command.id else {
      return try await refuse(command, round.whyNoFeatures ?? "the round \(round.id) was not asked about")
    }
    if round.state == .asking {
      if let deadline = round.deadlineAt, Timestamp.now() < deadline {
        try await ask(round, features)
      } else {
        try await asker.giveUp(
          round, features: features, because: "the worker that asked ended before the answer was stored")
      }
    }
    let (now, predictions) = try await store.rounds.finishAsking(id: round.id)
    guard now.state != .closed || now.answeredAt != nil else {
      try await asker.giveUp(
        round, features: features, because: "the round \(now.id) was closed before the answer came")
      return try await refuse(command, now.whyNoFeatures ?? "the round \(now.id) is closed")
    }
    try await store.commands.finish(
      id: command.id, state: "done",
      result: ["model_count": JSON(now.modelIDs.count), "prediction_count": JSON(predictions)])
    logger.notice(
      "models were asked about a round",
      metadata: [
        "round": "\(now.id)", "models": "\(now.modelIDs.count)", "rows": "\(now.featureCount)",
        "predictions": "\(predictions)",
      ])
  }

  /// The round once its features are being asked about; nil when that has to wait, or is refused.
  private func begun(_ command: CommandStore.Command, _ features: [JSONObject]) async throws -> TournamentRound? {
    if let round = try await store.rounds.round(id: command.target), round.state != .open { return round }
    let now = Timestamp.now()
    let models = await cluster.models().map { Model($0, createdAt: now) }
    let hasWaited =
      now.seconds(since: command.createdAt) > Self.patienceSeconds
      && ContinuousClock.now - startedAt > .seconds(Self.patienceSeconds)
    guard hasWaited || ContinuousClock.now - newestJoin > Self.lull else { return nil }
    guard !models.isEmpty else {
      if hasWaited {
        try await refuse(command, "no model is connected: nobody was asked; post the features again once one is")
      }
      return nil
    }
    let inputID = RecordIDs.input(round: command.target, at: now)
    let absent = known.absent(without: models.map(\.id), hadTime: true)
    let absences = features.enumerated().flatMap { index, features in
      let row = RoundRow(
        round: command.target, row: index, features: features, inputID: inputID, askedAt: now, deadlineAt: now,
        modelIDs: [], contract: contract, contractID: contractID)
      return absent.map { asker.records.absence(of: $0, slot: row.open).ofRound }
    }
    let input = Input(
      id: inputID, rawData: ["round_id": .string(command.target), "features": .array(features.map(JSON.object))],
      receivedAt: now)
    let round = try await store.rounds.begin(
      id: command.target, by: command.actor, limits: contract.rounds,
      RoundStore.Dispatch(
        inferenceID: command.id, input: input, featureCount: features.count, models: models, absences: absences,
        contractID: contractID, worker: workerName))
    try await FailPoint.predictAfterSlot.reach()
    return round
  }

  /// Asks until all is answered, or the round is closed meanwhile.
  private func ask(_ round: TournamentRound, _ features: [JSONObject]) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask { [asker] in
        try await asker.ask(round, features: features)
        // What nobody answered, since it was asked after the deadline, is lost.
        return true
      }
      group.addTask { [store] in
        while try await store.rounds.round(id: round.id)?.state == .asking {
          try await Task.sleep(for: .milliseconds(500))
        }
        return false
      }
      _ = try await group.next()
      group.cancelAll()
    }
    try Task.checkCancellation()
  }

  private func refuse(_ command: CommandStore.Command, _ reason: String) async throws {
    logger.notice("a round is not asked about", metadata: ["round": "\(command.target)", "reason": "\(reason)"])
    try await store.commands.finish(id: command.id, state: "failed", result: ["reason": .string(reason)])
  }
}
