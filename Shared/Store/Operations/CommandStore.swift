import Competition
import Postgres

/// Table `commands`: what somebody asked for, and what became of it (decision 23). The worker that owns a kind does it.
public struct CommandStore: Sendable {
  let pool: PostgresPool

  /// What is asked for.
  public enum Kind: String, Sendable {
    case replayDeadLetter = "dead-letter.replay"
    case cancelBackfill = "backfill.cancel"
  }

  public struct Command: Sendable, Hashable {
    public var id: String
    public var target: String
    /// `pending`, `running`, `done` or `failed`.
    public var state: String
    public var result: JSONObject
  }

  /// Asks for something; what is asked for already is not asked for twice.
  public func request(_ kind: Kind, target: String, by action: AdminAction) async throws -> Command {
    let inserted = try await pool.query(
      """
      INSERT INTO commands (id, kind, target, payload_jsonb, actor, idempotency_key)
      SELECT gen_random_uuid()::text, $1, $2, '{}', $3, $4
      WHERE NOT EXISTS (SELECT 1 FROM commands WHERE kind = $1 AND target = $2 AND state IN ('pending', 'running'))
      ON CONFLICT DO NOTHING
      RETURNING id, target, state, result_jsonb
      """, [.text(kind.rawValue), .text(target), .text(action.actor), .text(action.idempotencyKey)]
    ).first
    if let inserted { return try Self.command(inserted) }
    let known = try await pool.query(
      """
      SELECT id, target, state, result_jsonb FROM commands
      WHERE kind = $1 AND target = $2 ORDER BY created_at DESC LIMIT 1
      """, [.text(kind.rawValue), .text(target)])
    return try Self.command(known[0])
  }

  public func command(id: String) async throws -> Command? {
    try await pool.query("SELECT id, target, state, result_jsonb FROM commands WHERE id = $1", [.text(id)])
      .first.map(Self.command)
  }

  /// What was asked for and is not done, the oldest first.
  public func open(_ kind: Kind, limit: Int) async throws -> [Command] {
    try await pool.query(
      """
      SELECT id, target, state, result_jsonb FROM commands
      WHERE kind = $1 AND state IN ('pending', 'running') ORDER BY created_at LIMIT $2
      """, [.text(kind.rawValue), .int(Int64(limit))]
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
      id: try row.text(0), target: try row.text(1), state: try row.text(2), result: try row.object(3))
  }
}

extension Store {
  public var commands: CommandStore { CommandStore(pool: pool) }
}

extension ReportStore {
  public var commands: CommandStore { CommandStore(pool: pool) }
}
