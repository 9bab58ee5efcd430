import Competition
import Postgres

/// Table `paused_streams`: streams that nobody reads until an operator says so. It outlives Redis and restarts.
public struct PauseStore: Sendable {
  let pool: PostgresPool

  public struct Pause: Sendable, Hashable {
    public var stream: String
    public var reason: String
    public var since: Timestamp

    public init(stream: String, reason: String, since: Timestamp) {
      self.stream = stream
      self.reason = reason
      self.since = since
    }
  }

  public func all() async throws -> [Pause] {
    try await pool.query("SELECT stream, reason, paused_at FROM paused_streams ORDER BY stream").map { row in
      Pause(stream: try row.text(0), reason: try row.text(1), since: try row.timestamp(2))
    }
  }

  /// Answers false when it was paused already.
  public func pause(_ stream: String, reason: String) async throws -> Bool {
    try await pool.query(
      "INSERT INTO paused_streams (stream, reason) VALUES ($1, $2) ON CONFLICT DO NOTHING",
      [.text(stream), .text(reason)]
    ).affected == 1
  }

  /// Answers false when it was not paused.
  public func resume(_ stream: String) async throws -> Bool {
    try await pool.query("DELETE FROM paused_streams WHERE stream = $1", [.text(stream)]).affected == 1
  }
}
