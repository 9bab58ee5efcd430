import CPostgres
import Foundation

/// One libpq connection, used from the thread of the actor that owns it and from nowhere else. Every wait has a deadline:
/// libpq is asked without blocking, and the socket is polled.
final class PostgresLink {
  let handle: OpaquePointer
  let statementTimeout: Double
  /// Names of the statements prepared on this connection, by their text.
  private var prepared: [String: String] = [:]
  private let usesPreparedStatements: Bool

  /// Connects, or throws within the connect timeout.
  init(_ configuration: PostgresConfiguration) throws(PostgresError) {
    let parameters = configuration.connectionParameters
    // libpq copies these texts before it returns.
    let names = parameters.map { strdup($0.name) } + [nil]
    let values = parameters.map { strdup($0.value) } + [nil]
    defer { for text in names + values { free(text) } }
    let started = names.map { UnsafePointer($0) }.withUnsafeBufferPointer { names in
      values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
        PQconnectStartParams(names.baseAddress, values.baseAddress, 0)
      }
    }
    guard let started else { throw PostgresError(kind: .connection, message: "out of memory") }
    handle = started
    statementTimeout = configuration.statementTimeout
    usesPreparedStatements = configuration.usesPreparedStatements
    // From here a throw runs deinit, which frees the handle.
    try finishConnecting(within: configuration.connectTimeout)
    PQsetnonblocking(handle, 1)
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
  }

  deinit { PQfinish(handle) }

  private func finishConnecting(within seconds: Double) throws(PostgresError) {
    let deadline = Deadline(seconds: seconds)
    var state = PGRES_POLLING_WRITING
    do throws(PostgresError) {
      while true {
        switch state {
        case PGRES_POLLING_OK: return
        case PGRES_POLLING_READING: try wait(for: POLLIN, until: deadline)
        case PGRES_POLLING_WRITING: try wait(for: POLLOUT, until: deadline)
        default: throw connectionFailure()
        }
        state = PQconnectPoll(handle)
      }
    } catch {
      guard error.kind == .timeout else { throw error }
      throw PostgresError(kind: .connection, message: "the server did not answer within \(seconds) s")
    }
  }

  var isUsable: Bool { PQstatus(handle) == CONNECTION_OK }

  /// Whether an idle connection is still there: a server that went away left an end of file in the socket.
  func isAlive() -> Bool {
    isUsable && PQconsumeInput(handle) == 1 && PQstatus(handle) == CONNECTION_OK
      && PQtransactionStatus(handle) == PQTRANS_IDLE
  }

  /// Sends all statements in one go and reads all answers. Several statements are one transaction, unless one is open.
  func run(_ queries: [PostgresQuery]) throws(PostgresError) -> [PostgresRows] {
    guard let first = queries.first else { return [] }
    let deadline = Deadline(seconds: statementTimeout + 5)
    for query in queries where usesPreparedStatements { try prepare(query, deadline) }
    if queries.count == 1 {
      try send(first)
      try flush(deadline)
      return [PostgresRows(try nextResult(deadline, endsWithNil: true))]
    }
    return try runPipeline(queries, deadline)
  }

  private func runPipeline(_ queries: [PostgresQuery], _ deadline: Deadline) throws(PostgresError) -> [PostgresRows] {
    guard PQenterPipelineMode(handle) == 1 else { throw connectionFailure() }
    for query in queries { try send(query) }
    guard PQpipelineSync(handle) == 1 else { throw connectionFailure() }
    try flush(deadline)
    var rows: [PostgresRows] = []
    var failure: PostgresError?
    for _ in queries {
      do {
        rows.append(PostgresRows(try nextResult(deadline, endsWithNil: true)))
      } catch {
        if !isUsable { throw error }
        // Those that follow the one that failed are answered as aborted; the first failure is the one to report.
        failure = failure ?? error
      }
    }
    let sync = try awaitResult(deadline)
    PQclear(sync)
    guard PQexitPipelineMode(handle) == 1 else { throw connectionFailure() }
    if let failure { throw failure }
    return rows
  }

  private func prepare(_ query: PostgresQuery, _ deadline: Deadline) throws(PostgresError) {
    guard prepared[query.sql.text] == nil else { return }
    let name = "s\(prepared.count + 1)"
    let types = query.parameters.map(\.typeID)
    guard PQsendPrepare(handle, name, query.sql.text, Int32(types.count), types) == 1 else { throw connectionFailure() }
    try flush(deadline)
    PQclear(try nextResult(deadline, endsWithNil: true))
    prepared[query.sql.text] = name
  }

  private func send(_ query: PostgresQuery) throws(PostgresError) {
    var bytes: [UInt8] = []
    var spans: [Range<Int>?] = []
    for parameter in query.parameters {
      let start = bytes.count
      spans.append(parameter.write(into: &bytes) ? start..<bytes.count : nil)
    }
    bytes.append(0)  // so that the buffer has an address even when all values are empty
    let count = Int32(spans.count)
    let lengths = spans.map { Int32($0?.count ?? 0) }
    let formats = [Int32](repeating: 1, count: spans.count)
    let sent = bytes.withUnsafeBytes { buffer -> Int32 in
      let values = spans.map { span in
        span.flatMap { buffer.baseAddress?.advanced(by: $0.lowerBound).assumingMemoryBound(to: CChar.self) }
      }
      if let name = prepared[query.sql.text] {
        return PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
      }
      return PQsendQueryParams(
        handle, query.sql.text, count, query.parameters.map(\.typeID), values, lengths, formats, 1)
    }
    guard sent == 1 else { throw connectionFailure() }
  }

  /// Runs statements without parameters, such as a migration. Results are dropped.
  func runScript(_ sql: String) throws(PostgresError) {
    let deadline = Deadline(seconds: .infinity)
    guard PQsendQuery(handle, sql) == 1 else { throw connectionFailure() }
    try flush(deadline)
    var failure: PostgresError?
    while let result = try awaitResultIfAny(deadline) {
      defer { PQclear(result) }
      if let error = Self.failure(result) { failure = failure ?? error }
    }
    if let failure { throw failure }
  }
}
