import CPostgres
import Foundation

/// One libpq connection, used from the thread of the actor that owns it and from nowhere else. Every wait has a deadline:
/// libpq is asked without blocking, and the socket is polled.
final class PostgresLink {
  private let handle: OpaquePointer
  private let statementTimeout: Double
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

  // MARK: Statements

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

  // MARK: Waiting

  private func flush(_ deadline: Deadline) throws(PostgresError) {
    while true {
      switch PQflush(handle) {
      case 0: return
      case 1:
        try wait(for: POLLIN | POLLOUT, until: deadline)
        guard PQconsumeInput(handle) == 1 else { throw connectionFailure() }
      default: throw connectionFailure()
      }
    }
  }

  /// The next result, when it is a good one. With `endsWithNil` libpq's end mark after it is taken as well.
  private func nextResult(_ deadline: Deadline, endsWithNil: Bool) throws(PostgresError) -> OpaquePointer {
    let result = try awaitResult(deadline)
    if endsWithNil, let extra = try awaitResultIfAny(deadline) { PQclear(extra) }
    if let error = Self.failure(result) {
      PQclear(result)
      throw error
    }
    return result
  }

  private func awaitResult(_ deadline: Deadline) throws(PostgresError) -> OpaquePointer {
    guard let result = try awaitResultIfAny(deadline) else { throw connectionFailure() }
    return result
  }

  private func awaitResultIfAny(_ deadline: Deadline) throws(PostgresError) -> OpaquePointer? {
    while PQisBusy(handle) == 1 {
      try wait(for: POLLIN, until: deadline)
      guard PQconsumeInput(handle) == 1 else { throw connectionFailure() }
    }
    return PQgetResult(handle)
  }

  /// Waits for the socket, at most until the deadline. A cancelled task has its statement cancelled on the server, which
  /// then answers with an error like any other.
  private func wait(for events: Int32, until deadline: Deadline) throws(PostgresError) {
    var isCancelled = false
    while true {
      var descriptor = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
      let remaining = deadline.remaining
      guard remaining > 0 else {
        throw PostgresError(kind: .timeout, message: "no answer in \(Int(deadline.seconds)) s")
      }
      let ready = poll(&descriptor, 1, Int32(min(remaining, 0.25) * 1_000) + 1)
      if ready > 0 { return }
      if ready < 0, errno != EINTR { throw connectionFailure() }
      if Task.isCancelled, !isCancelled {
        isCancelled = true
        requestCancel()
      }
    }
  }

  private func requestCancel() {
    guard let cancel = PQgetCancel(handle) else { return }
    var message = [CChar](repeating: 0, count: 256)
    PQcancel(cancel, &message, Int32(message.count))
    PQfreeCancel(cancel)
  }

  // MARK: Errors

  private func connectionFailure() -> PostgresError {
    let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    let message = text.split(separator: "\n").first.map(String.init) ?? "the connection is broken"
    let state = ["password authentication failed": "28P01", "does not exist": "3D000"].first { text.contains($0.key) }
    return PostgresError(kind: .connection, sqlState: state?.value, message: message)
  }

  private static func failure(_ result: OpaquePointer) -> PostgresError? {
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

/// A moment on the monotonic clock.
private struct Deadline {
  let seconds: Double
  private let start = DispatchTime.now().uptimeNanoseconds
  init(seconds: Double) { self.seconds = seconds }
  var remaining: Double { seconds - Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9 }
}
