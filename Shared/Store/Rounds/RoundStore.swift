import Competition
import Postgres

/// Table `tournament_rounds`. Every step of a round is a guarded change of its row, which is locked meanwhile: what comes
/// twice, late, or from two workers at once has one effect.
public struct RoundStore: Sendable {
  let pool: PostgresPool

  public func round(id: String) async throws -> TournamentRound? {
    try await pool.query(Self.byID, [.text(id)]).first.map(Self.round)
  }

  /// The round whose features are an input.
  public func round(inputID: String) async throws -> TournamentRound? {
    try await pool.query(Self.byInput, [.text(inputID)]).first.map(Self.round)
  }

  /// The newest first.
  public func list(limit: Int) async throws -> [TournamentRound] {
    try await pool.query(Self.newest, [.int(Int64(limit))]).map(Self.round)
  }

  /// Why something that was asked of a round is not done.
  public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
    public var reason: String
    public init(reason: String) { self.reason = reason }
    public var description: String { reason }
  }

  // MARK: Asking

  /// Opens a round; nil when there is one of this name.
  public func open(id: String, by actor: String, limits: RoundLimits) async throws -> TournamentRound? {
    let rows = try await pool.query(Self.open, Self.opening(id, actor, limits))
    return rows.affected == 1 ? try await round(id: id) : nil
  }

  /// What a round's features are asked with.
  public struct Dispatch: Sendable {
    /// The command that brought the features.
    public var inferenceID: String
    public var input: Input
    public var featureCount: Int
    public var models: [Model]
    /// Records of models that are known and not there.
    public var absences: [Prediction]
    public var contractID: Int64?
    public var worker: String

    public init(
      inferenceID: String, input: Input, featureCount: Int, models: [Model], absences: [Prediction], contractID: Int64?,
      worker: String
    ) {
      self.inferenceID = inferenceID
      self.input = input
      self.featureCount = featureCount
      self.models = models
      self.absences = absences
      self.contractID = contractID
      self.worker = worker
    }
  }

  /// Commits that the features of a round are asked about now, before any model is. A round that nobody opened is opened by
  /// it. Answers the round as it is then; another command may have been first.
  /// - Parameters:
  ///   - actor: who asked for it.
  ///   - limits: of a round that nobody opened.
  public func begin(
    id: String, by actor: String, limits: RoundLimits, _ dispatch: Dispatch
  ) async throws -> TournamentRound {
    try await pool.transaction { connection in
      try connection.query(Self.open, Self.opening(id, actor, limits))
      let known = try Self.locked(id, connection)
      guard known.state == .open else { return known }
      try connection.pipeline([
        ModelStore.upsert(dispatch.models),
        PostgresQuery(
          "INSERT INTO inputs (id, raw_data_jsonb, received_at) VALUES ($1, $2, $3)",
          [.text(dispatch.input.id), try .json(dispatch.input.rawData), .time(dispatch.input.receivedAt)]),
        PostgresQuery(
          """
          UPDATE tournament_rounds
          SET state = 'asking', inference_id = $2, input_id = $3, feature_count = $4::bigint, model_ids = $5,
            contract_id = $6, worker = $7, asked_at = $8, deadline_at = $8 + answer_seconds * interval '1 second',
            truth_until = $8 + truth_seconds * interval '1 second'
          WHERE id = $1
          """,
          [
            .text(id), .text(dispatch.inferenceID), .text(dispatch.input.id), .int(Int64(dispatch.featureCount)),
            .texts(dispatch.models.map(\.id)), .int(dispatch.contractID), .text(dispatch.worker),
            .time(dispatch.input.receivedAt),
          ]),
        try PredictionStore.insert(dispatch.absences, waitsForTruth: true),
      ])
      return try Self.locked(id, connection)
    }
  }

  /// Which models have a prediction of which row, of those that were asked.
  public func answered(_ round: TournamentRound) async throws -> [String: Set<String>] {
    var answered: [String: Set<String>] = [:]
    for row in try await pool.query(
      "SELECT scope_key, model_id FROM predictions WHERE input_id = $1", [.text(round.inputID)])
    {
      answered[try row.text(0), default: []].insert(try row.text(1))
    }
    return answered
  }

  /// Stores answers while the round is being asked; what comes after it was closed has failed. Answers how many were new.
  @discardableResult
  public func record(_ predictions: [Prediction], of id: String) async throws -> Int {
    guard !predictions.isEmpty else { return 0 }
    return try await pool.transaction { connection in
      let state = try connection.query("SELECT state FROM tournament_rounds WHERE id = $1 FOR SHARE", [.text(id)])
      let isAsking = try state.first?.text(0) == TournamentRound.State.asking.rawValue
      let counted = predictions.map { prediction in
        guard !isAsking, prediction.status == .pending else { return prediction }
        var late = prediction
        late.status = .failed
        late.failedReason = "the round \(id) was closed before the answer was stored"
        return late
      }
      return try connection.pipeline([try PredictionStore.insert(counted, waitsForTruth: true)])[0].affected
    }
  }

  /// All models were heard or given up. Answers the round and how many predictions it has.
  public func finishAsking(id: String) async throws -> (round: TournamentRound, predictions: Int) {
    try await pool.transaction { connection in
      try connection.query(
        """
        UPDATE tournament_rounds SET state = 'answered', answered_at = clock_timestamp()
        WHERE id = $1 AND state = 'asking'
        """, [.text(id)])
      let round = try Self.locked(id, connection)
      let count = try connection.query("SELECT count(*) FROM predictions WHERE input_id = $1", [.text(round.inputID)])
      return (round, Int(try count[0].int(0)))
    }
  }

  // MARK: Rows

  private static let open: SQL = """
    INSERT INTO tournament_rounds (id, opened_by, answer_seconds, truth_seconds) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING
    """

  private static func opening(_ id: String, _ actor: String, _ limits: RoundLimits) -> [PostgresParameter] {
    [.text(id), .text(actor), .double(limits.answerSeconds), .double(limits.truthSeconds)]
  }

  /// The round, which nobody else changes until the transaction ends.
  static func locked(_ id: String, _ connection: isolated PostgresConnection) throws -> TournamentRound {
    guard let row = try connection.query(forUpdate, [.text(id)]).first else {
      throw Refusal(reason: "there is no round \(id)")
    }
    return try round(row)
  }

  static let byID: SQL = """
    SELECT id, state, opened_by, opened_at, answer_seconds, truth_seconds, inference_id, truth_id, input_id,
      feature_count::bigint, model_ids, contract_id, worker, asked_at, deadline_at, truth_until, answered_at, truth_at,
      scored_at, closed_at, closed_reason, due_rows::bigint
    FROM tournament_rounds WHERE id = $1
    """

  static let byInput: SQL = """
    SELECT id, state, opened_by, opened_at, answer_seconds, truth_seconds, inference_id, truth_id, input_id,
      feature_count::bigint, model_ids, contract_id, worker, asked_at, deadline_at, truth_until, answered_at, truth_at,
      scored_at, closed_at, closed_reason, due_rows::bigint
    FROM tournament_rounds WHERE input_id = $1
    """

  private static let forUpdate: SQL = """
    SELECT id, state, opened_by, opened_at, answer_seconds, truth_seconds, inference_id, truth_id, input_id,
      feature_count::bigint, model_ids, contract_id, worker, asked_at, deadline_at, truth_until, answered_at, truth_at,
      scored_at, closed_at, closed_reason, due_rows::bigint
    FROM tournament_rounds WHERE id = $1 FOR UPDATE
    """

  static let newest: SQL = """
    SELECT id, state, opened_by, opened_at, answer_seconds, truth_seconds, inference_id, truth_id, input_id,
      feature_count::bigint, model_ids, contract_id, worker, asked_at, deadline_at, truth_until, answered_at, truth_at,
      scored_at, closed_at, closed_reason, due_rows::bigint
    FROM tournament_rounds ORDER BY opened_at DESC, id LIMIT $1
    """

  static func round(_ row: PostgresRow) throws -> TournamentRound {
    var round = TournamentRound(
      id: try row.text(0), state: TournamentRound.State(rawValue: try row.text(1)) ?? .closed,
      openedBy: try row.text(2), openedAt: try row.timestamp(3),
      limits: RoundLimits(answerSeconds: try row.double(4), truthSeconds: try row.double(5)))
    round.inferenceID = row.textIfPresent(6)
    round.truthID = row.textIfPresent(7)
    round.inputID = row.textIfPresent(8)
    round.featureCount = Int(try row.int(9))
    round.modelIDs = try row.texts(10)
    round.contractID = try row.intIfPresent(11)
    round.worker = try row.text(12)
    round.askedAt = try row.timestampIfPresent(13)
    round.deadlineAt = try row.timestampIfPresent(14)
    round.truthUntil = try row.timestampIfPresent(15)
    round.answeredAt = try row.timestampIfPresent(16)
    round.truthAt = try row.timestampIfPresent(17)
    round.scoredAt = try row.timestampIfPresent(18)
    round.closedAt = try row.timestampIfPresent(19)
    round.closedReason = row.textIfPresent(20)
    round.dueRows = Int(try row.int(21))
    return round
  }
}

extension ReportStore {
  public var rounds: RoundStore { RoundStore(pool: pool) }
}
