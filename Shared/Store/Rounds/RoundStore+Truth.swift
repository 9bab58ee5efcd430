import Competition
import Postgres

// From the truth of a round to its end.
extension RoundStore {
  /// Stores the truth of a round's rows; `makeDue` follows. The truth that is there already stays.
  /// - Parameters:
  ///   - command: the one that brought it.
  ///   - values: of each row in order; more than there are rows are ignored.
  /// - Throws: `Refusal` when the round does not wait for it.
  public func postTruth(of id: String, command: String, values: [JSONObject]) async throws {
    try await pool.transaction { connection in
      let round = try Self.locked(id, connection)
      guard round.truthID != command else { return }
      guard round.state == .answered, round.truthID == nil, let input = round.inputID else {
        throw Refusal(reason: round.whyNoTruth)
      }
      guard values.count >= round.featureCount else {
        throw Refusal(reason: "the round \(id) has \(round.featureCount) rows, and \(values.count) truths were posted")
      }
      let now = try connection.query("SELECT clock_timestamp()")[0].timestamp(0)
      let truths = values.prefix(round.featureCount).enumerated().map { row, value in
        GroundTruthResolver.posted(
          value, inputID: input, scopeKey: TournamentRound.scopeKey(id, row: row), now: now)
      }
      try connection.pipeline([
        PostgresQuery(
          """
          INSERT INTO ground_truths (input_id, scope_key, truth_jsonb, records_digest, resolved_at)
          SELECT $1, t.scope_key, t.truth, t.digest, $5 FROM unnest($2::text[], $3::jsonb[], $4::text[])
            AS t (scope_key, truth, digest)
          ON CONFLICT DO NOTHING
          """,
          [
            .text(input), .texts(truths.map(\.scopeKey)), try .jsons(truths.map(\.value)),
            .texts(truths.map(\.recordsDigest)), .time(now),
          ]),
        PostgresQuery(
          "UPDATE inputs SET status = 'RESOLVED', actuals_jsonb = $2, resolvable_at = $3 WHERE id = $1",
          [.text(input), try truths.first.map { try .json($0.value) } ?? .json(nil), .time(now)]),
        PostgresQuery(
          "UPDATE tournament_rounds SET truth_id = $2, truth_at = $3 WHERE id = $1",
          [.text(id), .text(command), .time(now)]),
        PostgresQuery("UPDATE commands SET state = 'running' WHERE id = $1 AND state = 'pending'", [.text(command)]),
      ])
    }
  }

  /// Makes predictions of a round due whose truth is stored: as of now they belong to sweeps and seals. Whole rows at a time,
  /// so that a round of any size holds nobody up for long.
  /// - Parameter atMost: predictions, about; a row is never parted.
  /// - Returns: what is to be published; nil when all are due.
  public func makeDue(id: String, atMost: Int = 20_000) async throws -> [PredictionStore.UnscoredTask]? {
    try await pool.transaction { connection in
      let round = try Self.locked(id, connection)
      guard round.truthID != nil, let input = round.inputID, round.dueRows < round.featureCount else { return nil }
      let end = min(round.featureCount, round.dueRows + max(1, atMost / max(1, round.modelIDs.count)))
      let keys = (round.dueRows..<end).map { TournamentRound.scopeKey(id, row: $0) }
      // Whoever raises the sweep's mark waits for this, so that none of these predictions stays below it.
      try connection.query("SELECT pg_advisory_xact_lock_shared($1)", [.int(AdvisoryLock.sweep)])
      let now = try connection.query("SELECT clock_timestamp()")[0].timestamp(0)
      let rows = try connection.pipeline([
        PostgresQuery(
          "UPDATE tournament_rounds SET due_rows = $2::bigint WHERE id = $1", [.text(id), .int(Int64(end))]),
        PostgresQuery(Self.due, [.text(input), .texts(keys), .time(now)]),
      ])
      return try rows[1].map { row in
        PredictionStore.UnscoredTask(
          key: TaskKey(inputID: input, scopeKey: try row.text(0)), configID: nil, subject: "",
          performedAt: try row.timestamp(1), resolvableAt: now)
      }
    }
  }

  static let due: SQL = """
    WITH due AS (
      UPDATE predictions SET resolvable_at = $3 WHERE input_id = $1 AND scope_key = ANY($2)
      RETURNING scope_key, performed_at, status)
    SELECT scope_key, min(performed_at) FROM due WHERE status = 'PENDING' GROUP BY scope_key ORDER BY 2
    """

  /// Whether every prediction of a round with a truth has ended; says so in its row then.
  public func finishScoring(id: String) async throws -> Bool {
    try await pool.transaction { connection in
      let round = try Self.locked(id, connection)
      guard round.truthID != nil, round.dueRows >= round.featureCount, let input = round.inputID else { return false }
      let open = try connection.query(
        "SELECT EXISTS (SELECT FROM predictions WHERE input_id = $1 AND status = 'PENDING')", [.text(input)])
      if try open[0].bool(0) { return false }
      try connection.query(
        """
        UPDATE tournament_rounds
        SET scored_at = clock_timestamp(), state = CASE state WHEN 'answered' THEN 'scored' ELSE state END
        WHERE id = $1 AND scored_at IS NULL
        """, [.text(id)])
      return true
    }
  }

  /// Ends a round. What has its truth is scored nevertheless; what waits for one has failed, with the reason.
  /// - Returns: how many predictions failed with it; nil when it was closed already.
  public func close(id: String, reason: String) async throws -> Int? {
    try await pool.transaction { connection in
      let round = try Self.locked(id, connection)
      guard round.state != .closed else { return nil }
      try connection.query(
        """
        UPDATE tournament_rounds SET state = 'closed', closed_at = clock_timestamp(), closed_reason = $2 WHERE id = $1
        """, [.text(id), .text(reason)])
      guard let input = round.inputID, round.truthID == nil else { return 0 }
      return try connection.query(
        """
        UPDATE predictions SET status = 'FAILED', failed_reason = $2
        WHERE input_id = $1 AND status = 'PENDING' AND resolvable_at IS NULL
        """, [.text(input), .text("the round \(id) ended without a truth: \(reason)")]
      ).affected
    }
  }

  /// Rounds whose truth has not come in time, by PostgreSQL's clock.
  public func overdue() async throws -> [TournamentRound] {
    try await pool.query(Self.overdue).map(Self.round)
  }

  static let overdue: SQL = """
    SELECT id, state, opened_by, opened_at, answer_seconds, truth_seconds, inference_id, truth_id, input_id,
      feature_count::bigint, model_ids, contract_id, worker, asked_at, deadline_at, truth_until, answered_at, truth_at,
      scored_at, closed_at, closed_reason, due_rows::bigint
    FROM tournament_rounds
    WHERE state IN ('asking', 'answered') AND truth_until <= clock_timestamp() AND truth_id IS NULL
    ORDER BY truth_until LIMIT 100
    """

  // MARK: Reading

  /// How many predictions of a round have each status: those with the scope key `{round}:{row}`, or the round's id as it is,
  /// whatever tool asked for them.
  public func counts(ofRound id: String) async throws -> [(status: String, count: Int)] {
    try await pool.query(Self.counts, [.text(id)]).map { (try $0.text(0), Int(try $0.int(1))) }
  }

  /// `;` is what follows `:`. The first condition is that of the index.
  static let counts: SQL = """
    SELECT status, count(*) FROM (
      SELECT status FROM predictions
      WHERE (contract_id IS NULL OR scope_key LIKE '%:%')
        AND scope_key COLLATE "C" >= $1::text || ':' AND scope_key COLLATE "C" < $1::text || ';'
      UNION ALL
      SELECT status FROM predictions
      WHERE (contract_id IS NULL OR scope_key LIKE '%:%') AND scope_key COLLATE "C" = $1) round
    GROUP BY status ORDER BY status
    """

  /// A prediction of a round and its score.
  public struct ScoredRow: Sendable {
    public var predictionID: String
    public var success: Bool
    public var result: StoredJSON?
    public var value: StoredJSON?
  }

  /// The scores of a round, in order of its predictions' ids, and how many there are.
  public func scores(inputID: String, limit: Int) async throws -> (count: Int, rows: [ScoredRow]) {
    let answers = try await pool.pipeline([
      PostgresQuery(
        "SELECT count(*) FROM predictions p JOIN scores s ON s.prediction_id = p.id WHERE p.input_id = $1",
        [.text(inputID)]),
      PostgresQuery(
        """
        SELECT p.id, coalesce(s.success, true), s.result_jsonb, s.result_jsonb -> 'value'
        FROM predictions p JOIN scores s ON s.prediction_id = p.id
        WHERE p.input_id = $1 ORDER BY p.id COLLATE "C" LIMIT $2
        """, [.text(inputID), .int(Int64(limit))]),
    ])
    let rows = try answers[1].map { row in
      ScoredRow(
        predictionID: try row.text(0), success: try row.bool(1), result: row.stored(2), value: row.stored(3))
    }
    return (Int(try answers[0][0].int(0)), rows)
  }

  /// What somebody posted as the truth of a row.
  public struct PostedTruth: Sendable, Hashable {
    /// The command that brought it.
    public var commandID: String
    public var value: JSONObject
  }

  /// What was posted as truths of these inputs, by input and scope key; nothing of inputs that are no round's.
  public func postedTruths(inputIDs: [String]) async throws -> [TaskKey: PostedTruth] {
    var posted: [TaskKey: PostedTruth] = [:]
    for row in try await pool.query(Self.posted, [.texts(inputIDs)]) {
      let (input, id, count) = (try row.text(0), try row.text(1), Int(try row.int(2)))
      for (index, value) in (try row.value(4).array ?? []).prefix(count).enumerated() {
        posted[TaskKey(inputID: input, scopeKey: TournamentRound.scopeKey(id, row: index))] = PostedTruth(
          commandID: try row.text(3), value: value.object ?? [:])
      }
    }
    return posted
  }

  static let posted: SQL = """
    SELECT r.input_id, r.id, r.feature_count::bigint, c.id, c.payload_jsonb -> 'ground_truth'
    FROM tournament_rounds r JOIN commands c ON c.id = r.truth_id WHERE r.input_id = ANY($1)
    """
}

extension TournamentRound {
  /// Why no truth is taken now.
  public var whyNoTruth: String {
    switch state {
    case .open: "the round \(id) has no features yet"
    case .asking: "models are still asked about the round \(id), until \(deadlineAt.map { "\($0)" } ?? "its deadline")"
    case .answered, .scored: "the truth of the round \(id) was posted before"
    case .closed: "the round \(id) is closed: \(closedReason ?? "no reason is kept")"
    }
  }

  /// Why no features are taken now; nil when they are.
  public var whyNoFeatures: String? {
    switch state {
    case .open: nil
    case .asking, .answered, .scored: "the round \(id) has its features already"
    case .closed: "the round \(id) is closed: \(closedReason ?? "no reason is kept")"
    }
  }
}
