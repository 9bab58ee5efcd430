import Competition

/// Decides which configs a record fires, each at most once per slot (decisions 1, 2 and 5). Pure: the time comes in.
struct DueSlots: Sendable {
  var contract: CrunchContract
  /// Its number in the store.
  var contractID: Int64?
  /// `MODEL_RUNNER_TIMEOUT_SECONDS`
  var timeoutSeconds: Double
  /// `PREDICT_DEADLINE_SECONDS`; nil: a tenth of the horizon.
  var deadlineSeconds: Double?
  /// Whether the feed has more than one subject, so that ids must tell them apart.
  var hasManySubjects: Bool
  /// The newest slot fired per config and subject; the database has the last word.
  private var fired: [Firing: Int64] = [:]

  private struct Firing: Hashable {
    var configID: String
    var subject: String
  }

  init(
    contract: CrunchContract, contractID: Int64? = nil, timeoutSeconds: Double, deadlineSeconds: Double?,
    hasManySubjects: Bool
  ) {
    self.contract = contract
    self.contractID = contractID
    self.timeoutSeconds = timeoutSeconds
    self.deadlineSeconds = deadlineSeconds
    self.hasManySubjects = hasManySubjects
  }

  /// A record is live, and may fire, until it is this old when it is handled: twice its granularity, at least 30 s.
  static func isLive(_ record: FeedRecord, now: Timestamp) -> Bool {
    let granularity = Granularity(record.key.granularity)?.seconds ?? 0
    return now.seconds(since: record.knownTime) <= Double(max(2 * granularity, 30))
  }

  /// Of records that are handled together the newest of each feed: what came while a worker was away or behind is shown to
  /// models, and its slots are missed. Made up now, they would all ask the same question at the same moment.
  static func firing(_ news: [FeedRecord]) -> [FeedRecord] {
    let newest = Dictionary(news.map { ($0.key, $0.knownTime) }, uniquingKeysWith: max)
    return news.filter { $0.knownTime == newest[$0.key] }
  }

  /// The slots that `record` fires now, in the order of their configs.
  /// - Parameter answersFrom: when models begin to answer, where that is another clock's time than `now`.
  mutating func due(
    record: FeedRecord, configs: [ScheduledPredictionConfig], now: Timestamp, answersFrom: Timestamp? = nil
  ) -> [PredictionSlot] {
    guard Self.isLive(record, now: now) else { return [] }
    return configs.compactMap { config in
      let subject = record.key.subject
      if let wanted = config.templateSubject, wanted != subject { return nil }
      let interval = config.schedule.predictionIntervalSeconds
      let slot = PredictionSchedule.slot(at: record.knownTime, intervalSeconds: interval)
      let firing = Firing(configID: config.id, subject: subject)
      if let last = fired[firing], last >= slot { return nil }
      fired[firing] = slot
      let horizon = config.schedule.resolveAfterSeconds
      return PredictionSlot(
        configID: config.id, subject: subject, slot: slot, inputID: inputID(of: record), scopeKey: config.scopeKey,
        scope: scope(of: config, record: record), performedAt: now, resolvableAt: now.adding(seconds: horizon),
        deadlineAt: PredictionSchedule.deadline(
          performedAt: answersFrom ?? now, horizonSeconds: horizon, timeoutSeconds: timeoutSeconds,
          override: deadlineSeconds),
        contractID: contractID)
    }
  }

  /// The id of the input that shows the window up to `record`.
  func inputID(of record: FeedRecord) -> String {
    RecordIDs.input(at: record.knownTime, subject: hasManySubjects ? record.key.subject : nil)
  }

  /// The contract's scope, the template over it, the horizon, and the feed the truth will come from.
  private func scope(of config: ScheduledPredictionConfig, record: FeedRecord) -> JSONObject {
    var scope: JSONObject = [
      "subject": .string(record.key.subject), "horizon_seconds": JSON(contract.scope.horizonSeconds),
      "step_seconds": JSON(contract.scope.stepSeconds),
    ]
    scope = scope.merging(config.scopeTemplate)
    scope["scope_key"] = nil
    scope["resolve_horizon_seconds"] = JSON(config.schedule.resolveAfterSeconds)
    scope["source"] = .string(record.key.source)
    scope["kind"] = .string(record.key.kind.rawValue)
    scope["granularity"] = .string(record.key.granularity)
    return scope
  }
}
