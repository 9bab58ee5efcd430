import Competition
import Postgres

/// What the report API reads, and the few changes that it makes. Every list has its limit in SQL, and no statement's work
/// grows with the history that lies outside of what was asked for.
///
/// JSON columns are handed on as the text that PostgreSQL holds: it is valid JSON whatever tool wrote it, and numbers keep
/// their spelling.
public struct ReportStore: Sendable {
  let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }
}

extension Store {
  public var report: ReportStore { ReportStore(pool: pool) }
}

/// Which models a report is about.
public enum ReportModels: Sendable, Hashable {
  case all
  case only([String])

  var isRestricted: Bool { if case .only = self { true } else { false } }
  var ids: [String] { if case .only(let ids) = self { ids } else { [] } }
}

/// A span of time, both ends included.
public struct ReportRange: Sendable, Hashable {
  public var start: Timestamp
  public var end: Timestamp
  public init(start: Timestamp, end: Timestamp) {
    self.start = start
    self.end = end
  }
}

extension PostgresParameter {
  /// The parameters `ids` and `whether they restrict` of a filter `(NOT $b OR model_id = ANY($a))`.
  static func models(_ models: ReportModels) -> [PostgresParameter] {
    [.texts(models.ids), .bool(models.isRestricted)]
  }

  /// Those of a range, and then those of models.
  static func range(_ range: ReportRange, _ models: ReportModels) -> [PostgresParameter] {
    [.time(range.start), .time(range.end)] + Self.models(models)
  }
}
