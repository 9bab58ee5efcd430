/// The text of a statement. Only a literal makes one, so that no value ever becomes part of SQL.
public struct SQL: Sendable, Hashable, ExpressibleByStringLiteral {
  public let text: String
  public init(stringLiteral value: StaticString) { text = value.description }
}

/// A statement with its parameters (`$1`, `$2`, …).
public struct PostgresQuery: Sendable {
  public var sql: SQL
  public var parameters: [PostgresParameter]

  public init(_ sql: SQL, _ parameters: [PostgresParameter] = []) {
    self.sql = sql
    self.parameters = parameters
  }
}
