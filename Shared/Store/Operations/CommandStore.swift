import Competition
import Postgres

/// Table `commands`: what somebody asked for, and what became of it (decision 23). The worker that owns a kind does it.
public struct CommandStore: Sendable {
  let pool: PostgresPool

  /// What is asked for.
  public enum Kind: String, Sendable {
    case replayDeadLetter = "dead-letter.replay"
    case cancelBackfill = "backfill.cancel"
    // Of the round that is the target.
    case openRound = "round.open"
    case askModels = "round.inference"
    case scoreRound = "round.score"
    case closeRound = "round.close"
  }

  public struct Command: Sendable, Hashable {
    public var id: String
    /// nil: of another build.
    public var kind: Kind?
    public var target: String
    public var actor: String
    /// `pending`, `running`, `done` or `failed`.
    public var state: String
    /// What became of it; `reason` of one that failed.
    public var result: JSONObject
    public var createdAt: Timestamp
    /// Whether it was asked for just now: what was asked for before is answered without.
    public var isNew = false

    /// Whether it is not done yet.
    public var isOpen: Bool { state == "pending" || state == "running" }
  }

  /// What became of asking for something that happens to a thing once.
  public enum Once: Sendable {
    /// What was asked for now, or before with the same words.
    case command(Command)
    /// The key of this request came before with another one.
    case otherRequest
    /// It was asked for with other words before, and is done or under way.
    case otherWords
  }

  /// Asks for something; what is asked for already is not asked for twice.
  public func request(_ kind: Kind, target: String, by action: AdminAction) async throws -> Command {
    let inserted = try await pool.query(
      """
      INSERT INTO commands (id, kind, target, payload_jsonb, actor, idempotency_key)
      SELECT gen_random_uuid()::text, $1, $2, '{}', $3, $4
      WHERE NOT EXISTS (SELECT 1 FROM commands WHERE kind = $1 AND target = $2 AND state IN ('pending', 'running'))
      ON CONFLICT DO NOTHING
      RETURNING id, kind, target, actor, state, result_jsonb, created_at
      """, [.text(kind.rawValue), .text(target), .text(action.actor), .text(action.idempotencyKey)]
    ).first
    if let inserted { return try Self.made(inserted) }
    let known = try await pool.query(
      """
      SELECT id, kind, target, actor, state, result_jsonb, created_at FROM commands
      WHERE kind = $1 AND target = $2 ORDER BY created_at DESC LIMIT 1
      """, [.text(kind.rawValue), .text(target)])
    return try Self.command(known[0])
  }

  /// Asks for what happens to its target once. The same words, sent again, are the same command, unless it failed.
  public func requestOnce(
    _ kind: Kind, target: String, payload: JSONObject, by action: AdminAction
  ) async throws -> Once {
    let words = try PostgresParameter.json(payload)
    return try await pool.transaction { connection in
      try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(AdvisoryLock.command)])
      let name: [PostgresParameter] = [.text(kind.rawValue), .text(target), words]
      if let key = action.idempotencyKey,
        let earlier = try connection.query(Self.ofKey, name + [.text(key)]).first
      {
        return try earlier.bool(7) ? .command(Self.command(earlier)) : .otherRequest
      }
      if let known = try connection.query(Self.newestThatHolds, name).first {
        return try known.bool(7) ? .command(Self.command(known)) : .otherWords
      }
      let made = try connection.query(
        """
        INSERT INTO commands (id, kind, target, payload_jsonb, actor, idempotency_key)
        VALUES (gen_random_uuid()::text, $1, $2, $3, $4, $5)
        RETURNING id, kind, target, actor, state, result_jsonb, created_at
        """, name + [.text(action.actor), .text(action.idempotencyKey)])
      return .command(try Self.made(made[0]))
    }
  }

  private static func made(_ row: PostgresRow) throws -> Command {
    var command = try command(row)
    command.isNew = true
    return command
  }

  static let ofKey: SQL = """
    SELECT id, kind, target, actor, state, result_jsonb, created_at, payload_jsonb = $3 FROM commands
    WHERE kind = $1 AND target = $2 AND idempotency_key = $4 LIMIT 1
    """

  static let newestThatHolds: SQL = """
    SELECT id, kind, target, actor, state, result_jsonb, created_at, payload_jsonb = $3 FROM commands
    WHERE kind = $1 AND target = $2 AND state <> 'failed' ORDER BY created_at DESC LIMIT 1
    """

  public func command(id: String) async throws -> Command? {
    try await pool.query(
      "SELECT id, kind, target, actor, state, result_jsonb, created_at FROM commands WHERE id = $1", [.text(id)]
    ).first.map(Self.command)
  }

  /// The words of a command.
  public func payload(id: String) async throws -> JSONObject {
    try await pool.query("SELECT payload_jsonb FROM commands WHERE id = $1", [.text(id)]).first?.object(0) ?? [:]
  }

  /// What was asked for and is not done, the oldest first.
  /// - Parameter last: only what follows this one.
  public func open(_ kinds: Kind..., after last: Command? = nil, limit: Int) async throws -> [Command] {
    try await pool.query(
      """
      SELECT id, kind, target, actor, state, result_jsonb, created_at FROM commands
      WHERE kind = ANY($1) AND state IN ('pending', 'running')
        AND ($3::timestamptz IS NULL OR (created_at, id) > ($3, $4)) ORDER BY created_at, id LIMIT $2
      """,
      [
        .texts(kinds.map(\.rawValue)), .int(Int64(limit)), last.map { .time($0.createdAt) } ?? .time(nil),
        .text(last?.id),
      ]
    ).map(Self.command)
  }

  /// Says what became of a command; what is done already stays as it is.
  public func finish(id: String, state: String, result: JSONObject) async throws {
    try await pool.query(
      """
      UPDATE commands SET state = $2, result_jsonb = $3, finished_at = clock_timestamp()
      WHERE id = $1 AND state IN ('pending', 'running')
      """, [.text(id), .text(state), try .json(result)])
  }

  private static func command(_ row: PostgresRow) throws -> Command {
    Command(
      id: try row.text(0), kind: Kind(rawValue: try row.text(1)), target: try row.text(2), actor: try row.text(3),
      state: try row.text(4), result: try row.object(5), createdAt: try row.timestamp(6))
  }
}

extension Store {
  public var commands: CommandStore { CommandStore(pool: pool) }
}

extension ReportStore {
  public var commands: CommandStore { CommandStore(pool: pool) }
}
