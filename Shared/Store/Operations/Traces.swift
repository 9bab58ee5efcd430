import Competition

/// A slot as its row tells it.
public struct SlotTrace: Sendable, Hashable {
  public var configID: String
  public var subject: String
  public var slot: Int64
  public var scopeKey: String
  /// Who opened it; empty when that was not kept.
  public var worker: String
  public var performedAt: Timestamp
  public var deadlineAt: Timestamp
  /// When every model had been heard or given up; nil before.
  public var answeredAt: Timestamp?
  /// How many models were asked.
  public var models: Int
}

/// A commit of a task's scores.
public struct RunTrace: Sendable, Hashable {
  public var key: TaskKey
  public var worker: String
  /// Entry of `predictions.pending`; empty when there was none.
  public var entryID: String
  public var deliveries: Int
  /// Predictions that ended with it.
  public var predictions: Int
  public var committedAt: Timestamp
}

/// All that the tables know of the predictions of an input and a scope key.
public struct TaskTrace: Sendable, Hashable {
  public var key: TaskKey
  public var configID: String?
  public var scope: JSONObject
  public var performedAt: Timestamp
  public var resolvableAt: Timestamp
  public var counts: [PredictionStatus: Int]
  public var slots: [SlotTrace]
  public var truth: GroundTruth?
  public var runs: [RunTrace]
  public var letters: [DeadLetter]
  /// The round that it is a row of.
  public var round: TournamentRound?
  /// The contract that it was asked under; nil: that is not kept.
  public var contractID: Int64?

  public init(
    key: TaskKey, configID: String? = nil, scope: JSONObject = [:], performedAt: Timestamp, resolvableAt: Timestamp,
    counts: [PredictionStatus: Int] = [:], slots: [SlotTrace] = [], truth: GroundTruth? = nil, runs: [RunTrace] = [],
    letters: [DeadLetter] = []
  ) {
    self.key = key
    self.configID = configID
    self.scope = scope
    self.performedAt = performedAt
    self.resolvableAt = resolvableAt
    self.counts = counts
    self.slots = slots
    self.truth = truth
    self.runs = runs
    self.letters = letters
  }
}

/// A snapshot, and the checkpoint that counts it.
public struct SnapshotTrace: Sendable, Hashable {
  public var snapshot: Snapshot
  public var isProvisional: Bool
  public var sealedAt: Timestamp?
  public var checkpointID: String?
  public var checkpointStatus: String?

  public init(
    snapshot: Snapshot, isProvisional: Bool, sealedAt: Timestamp? = nil, checkpointID: String? = nil,
    checkpointStatus: String? = nil
  ) {
    self.snapshot = snapshot
    self.isProvisional = isProvisional
    self.sealedAt = sealedAt
    self.checkpointID = checkpointID
    self.checkpointStatus = checkpointStatus
  }
}

/// A prediction and what came of it.
public struct PredictionTrace: Sendable, Hashable {
  public var prediction: Prediction
  public var modelName: String
  public var score: Score?
  /// Start of the bucket that counts the score.
  public var periodStart: Timestamp?
  public var snapshot: SnapshotTrace?

  public init(
    prediction: Prediction, modelName: String, score: Score? = nil, periodStart: Timestamp? = nil,
    snapshot: SnapshotTrace? = nil
  ) {
    self.prediction = prediction
    self.modelName = modelName
    self.score = score
    self.periodStart = periodStart
    self.snapshot = snapshot
  }
}

/// A model, and what it did lately.
public struct ModelTrace: Sendable, Hashable {
  public var model: Model
  /// Its predictions among the newest of all models.
  public var recent: [PredictionStatus: Int]
  public var newestPrediction: String?
  public var newestAt: Timestamp?
  public var snapshot: SnapshotTrace?
}

/// What the tables know of a worker.
public struct WorkerTrace: Sendable, Hashable {
  /// Duties that it has now.
  public var leases: [String]
  /// Its commits among the newest of all workers, the newest first.
  public var runs: [RunTrace]
  public var letters: [DeadLetter]
  /// Slots that it opened and whose models have not all been heard.
  public var openSlots: Int

  public init(leases: [String] = [], runs: [RunTrace] = [], letters: [DeadLetter] = [], openSlots: Int = 0) {
    self.leases = leases
    self.runs = runs
    self.letters = letters
    self.openSlots = openSlots
  }
}
