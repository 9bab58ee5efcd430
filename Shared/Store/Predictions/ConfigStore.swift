import Competition
import Postgres

/// Table `scheduled_prediction_configs`.
public struct ConfigStore: Sendable {
  let pool: PostgresPool

  /// What seeding changed, by id.
  public struct Seeded: Sendable, Hashable {
    public var added: [String] = []
    public var kept: [String] = []
    public var deactivated: [String] = []
  }

  /// The active configs in the order in which they fire.
  public func active() async throws -> [ScheduledPredictionConfig] { try await all().filter(\.isActive) }

  public func all() async throws -> [ScheduledPredictionConfig] {
    try await pool.query(Self.select).map(Self.config)
  }

  /// Makes the given configs the active ones. One that is there already keeps its id, or gets it back when it was set
  /// aside; one that differs gets a new id, and what is not given becomes inactive: an id never changes its meaning, for
  /// predictions refer to it. Doing it twice changes nothing.
  public func seed(_ configs: [ScheduledPredictionConfig]) async throws -> Seeded {
    try await pool.transaction { connection in
      try connection.query("LOCK TABLE scheduled_prediction_configs IN SHARE ROW EXCLUSIVE MODE")
      var stored = try connection.query(Self.select).map(Self.config)
      var number = stored.compactMap { Int($0.id.dropFirst("CFG_".count)) }.max() ?? 0
      var seeded = Seeded()
      for config in configs {
        let alike = stored.indices.filter { stored[$0].means(the: config) }
        if let index = alike.first(where: { stored[$0].isActive }) ?? alike.first {
          let old = stored.remove(at: index)
          if old.isActive != config.isActive { try Self.setActive(config.isActive, old.id, connection) }
          seeded.kept.append(old.id)
          continue
        }
        number += 1
        let digits = String(number)
        var new = config
        new.id = "CFG_" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
        try connection.query(Self.insert, try Self.parameters(new))
        seeded.added.append(new.id)
      }
      for old in stored where old.isActive {
        try Self.setActive(false, old.id, connection)
        seeded.deactivated.append(old.id)
      }
      return seeded
    }
  }

  private static func setActive(
    _ isActive: Bool, _ id: String, _ connection: isolated PostgresConnection
  ) throws(PostgresError) {
    try connection.query(
      "UPDATE scheduled_prediction_configs SET active = $2 WHERE id = $1", [.text(id), .bool(isActive)])
  }

  private static let select: SQL = """
    SELECT id, scope_key, scope_template_jsonb, schedule_jsonb, active, "order", meta_jsonb
    FROM scheduled_prediction_configs ORDER BY "order", id
    """

  private static let insert: SQL = """
    INSERT INTO scheduled_prediction_configs
      (id, scope_key, scope_template_jsonb, schedule_jsonb, active, "order", meta_jsonb)
    VALUES ($1, $2, $3, $4, $5, $6::bigint, $7)
    """

  private static func parameters(_ config: ScheduledPredictionConfig) throws -> [PostgresParameter] {
    let schedule: JSONObject = [
      "prediction_interval_seconds": JSON(config.schedule.predictionIntervalSeconds),
      "resolve_after_seconds": JSON(config.schedule.resolveAfterSeconds),
      "resolve_horizon_seconds": JSON(config.schedule.resolveAfterSeconds),
    ]
    return [
      .text(config.id), .text(config.scopeKey), try .json(config.scopeTemplate), try .json(schedule),
      .bool(config.isActive), .int(Int64(config.order)), try .json(config.meta),
    ]
  }

  private static func config(_ row: PostgresRow) throws -> ScheduledPredictionConfig {
    let schedule = try row.object(3)
    let horizon = schedule["resolve_horizon_seconds"] ?? schedule["resolve_after_seconds"]
    // Rows of other tools may say anything.
    func seconds(_ value: JSON?, default fallback: Int64, least: Int64) -> Int {
      Int(min(Int64(ScheduleFile.longestSeconds), max(least, value?.int ?? fallback)))
    }
    return ScheduledPredictionConfig(
      id: try row.text(0), scopeKey: try row.text(1), scopeTemplate: try row.object(2),
      schedule: ScheduledPredictionConfig.Schedule(
        predictionIntervalSeconds: seconds(schedule["prediction_interval_seconds"], default: 60, least: 1),
        resolveAfterSeconds: seconds(horizon, default: 0, least: 0)),
      isActive: try row.bool(4), order: Int(try row.int(5)), meta: try row.object(6))
  }
}

extension ScheduledPredictionConfig {
  /// Whether both say the same; ids and activity aside.
  func means(the other: ScheduledPredictionConfig) -> Bool {
    scopeKey == other.scopeKey && scopeTemplate == other.scopeTemplate && schedule == other.schedule
      && order == other.order && meta == other.meta
  }
}
