import Competition
import Postgres

// How the domain's values travel: moments as timestamptz, JSON as jsonb.

extension PostgresParameter {
  static func time(_ value: Timestamp?) -> PostgresParameter { .time(value?.microseconds) }
  static func times(_ values: [Timestamp?]) -> PostgresParameter { .times(values.map { $0?.microseconds }) }

  /// - Throws: `JSONError` when a number is not finite; the domain's checks see to it that none is.
  static func json(_ object: JSONObject) throws -> PostgresParameter { .json(try JSON.object(object).encoded()) }
  static func jsons(_ objects: [JSONObject?]) throws -> PostgresParameter {
    .jsons(try objects.map { try $0.map { try JSON.object($0).encoded() } })
  }
}

extension PostgresRow {
  func timestamp(_ column: Int) throws(PostgresError) -> Timestamp { Timestamp(microseconds: try time(column)) }
  func timestampIfPresent(_ column: Int) throws(PostgresError) -> Timestamp? {
    try timeIfPresent(column).map { Timestamp(microseconds: $0) }
  }

  /// The JSON value of a column; null when it is NULL. What other tools stored is read as it is.
  func value(_ column: Int) throws(PostgresError) -> JSON {
    guard let bytes = jsonIfPresent(column) else { return .null }
    do {
      return try JSON(parsing: bytes)
    } catch {
      throw PostgresError(kind: .decoding, message: "column \(column) is not JSON: \(error)")
    }
  }

  /// The object of a column; empty when it is NULL or something else than an object.
  func object(_ column: Int) throws(PostgresError) -> JSONObject { try value(column).object ?? [:] }
}
