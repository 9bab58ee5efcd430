import CPostgres

extension PostgresLink {
  func connectionFailure() -> PostgresError {
    let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    let message = text.split(separator: "\n").first.map(String.init) ?? "the connection is broken"
    let states = ["password authentication failed": "28P01", "FATAL:  database ": "3D000"]
    let state = states.first { text.contains($0.key) }
    return PostgresError(kind: .connection, sqlState: state?.value, message: message)
  }

  static func failure(_ result: OpaquePointer) -> PostgresError? {
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_COPY_IN, PGRES_PIPELINE_SYNC, PGRES_EMPTY_QUERY: return nil
    case PGRES_PIPELINE_ABORTED:
      return PostgresError(kind: .statement, message: "an earlier statement of the pipeline failed")
    default:
      // PG_DIAG_SQLSTATE 'C', PG_DIAG_MESSAGE_PRIMARY 'M', PG_DIAG_CONSTRAINT_NAME 'n'; the detail may hold values.
      func field(_ code: Unicode.Scalar) -> String? {
        PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
      }
      // An error without a state is libpq's own: the connection broke before the server could answer.
      guard let state = field("C") else {
        return PostgresError(kind: .connection, message: "the connection broke before the answer came")
      }
      return PostgresError(sqlState: state, message: field("M") ?? "refused", constraint: field("n"))
    }
  }
}
