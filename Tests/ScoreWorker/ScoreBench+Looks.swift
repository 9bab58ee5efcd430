import Bus
import Competition
import Postgres
import Testing

extension ScoreBench {
  /// How a prediction stands: its status, why it failed, and its score row when it has one.
  struct Ending: Equatable {
    var status: String
    var reason: String?
    var success: Bool?
    var value: Double?
    var scoreReason: String?
  }

  func ending(of prediction: String) async throws -> Ending {
    let row = try #require(
      await store.pool.query(
        """
        SELECT p.status, p.failed_reason, s.success, (s.result_jsonb ->> 'value')::float8, s.failed_reason
        FROM predictions p LEFT JOIN scores s ON s.prediction_id = p.id WHERE p.id = $1
        """, [.text(prediction)]
      ).first)
    return Ending(
      status: try row.text(0), reason: row.textIfPresent(1), success: try row.boolIfPresent(2),
      value: try row.doubleIfPresent(3), scoreReason: row.textIfPresent(4))
  }

  /// What scoring must not do twice: every score with its bytes and its time, in order.
  func scoreRows() async throws -> [String] {
    try await store.pool.query(
      "SELECT id || ' ' || result_jsonb::text || ' ' || scored_at::text FROM scores ORDER BY id"
    ).map { try $0.text(0) }
  }

  /// Ids and states of stored snapshots in order.
  func snapshots() async throws -> [String] {
    try await store.pool.query(
      """
      SELECT id || CASE WHEN provisional THEN ' provisional' ELSE ' sealed' END FROM snapshots ORDER BY id
      """
    ).map { try $0.text(0) }
  }

  func count(_ table: SQL) async throws -> Int { Int(try await store.pool.query(table)[0].int(0)) }

  /// How many scores were announced so far.
  func announced() async throws -> Int {
    try await bus.entries(of: .scoresReady, after: EntryID(milliseconds: 0, sequence: 0), limit: 100_000)
      .reduce(0) { try $0 + FieldReader($1.fields).message(ScoresReady.self).scored }
  }

  /// Tasks that wait in the bus or lie in its stream, by input, each as often as it is there.
  func published() async throws -> [String] {
    let now = clock.now
    clock.now = Timestamp(seconds: 10_000_000_000)
    defer { clock.now = now }
    _ = try bus.promote(limit: 100_000)
    return try await bus.entries(of: .predictionsPending, after: EntryID(milliseconds: 0, sequence: 0), limit: 100_000)
      .map { try FieldReader($0.fields).message(ScoreTask.self).inputID }.sorted()
  }
}
