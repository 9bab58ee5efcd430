import CPostgres
import Foundation

extension PostgresLink {
  /// Streams binary rows into `COPY … FROM STDIN (FORMAT binary)`. Answers how many rows arrived.
  func copy(_ sql: SQL, rows: [[PostgresParameter]]) throws(PostgresError) -> Int {
    let deadline = Deadline(seconds: statementTimeout + 5)
    guard PQsendQuery(handle, sql.text) == 1 else { throw connectionFailure() }
    try flush(deadline)
    try beginCopy(deadline)
    var bytes = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
    for row in rows {
      bytes.appendBigEndian(Int16(row.count))
      for value in row {
        let start = bytes.count
        bytes.appendBigEndian(Int32(-1))
        if value.write(into: &bytes) { bytes.set(Int32(bytes.count - start - 4), at: start) }
      }
      if bytes.count > 1 << 18 { try put(&bytes, deadline) }
    }
    bytes.appendBigEndian(Int16(-1))
    try put(&bytes, deadline)
    while true {
      let ended = PQputCopyEnd(handle, nil)
      if ended == 1 { break }
      guard ended == 0 else { throw connectionFailure() }
      try wait(for: POLLOUT, until: deadline)
    }
    try flush(deadline)
    return PostgresRows(try nextResult(deadline, endsWithNil: true)).affected
  }

  private func beginCopy(_ deadline: Deadline) throws(PostgresError) {
    let answer = try awaitResult(deadline)
    defer { PQclear(answer) }
    guard PQresultStatus(answer) != PGRES_COPY_IN else { return }
    while let rest = try awaitResultIfAny(deadline) { PQclear(rest) }
    throw Self.failure(answer) ?? PostgresError(kind: .statement, message: "the statement takes no rows")
  }

  private func put(_ bytes: inout [UInt8], _ deadline: Deadline) throws(PostgresError) {
    while true {
      let sent = bytes.withUnsafeBytes {
        PQputCopyData(handle, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
      }
      if sent == 1 { break }
      guard sent == 0 else { throw connectionFailure() }
      try wait(for: POLLOUT, until: deadline)
    }
    bytes.removeAll(keepingCapacity: true)
  }
}
