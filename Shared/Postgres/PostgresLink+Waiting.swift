import CPostgres
import Foundation

// Every wait for the server: without blocking in libpq, and never beyond a deadline.

extension PostgresLink {
  func flush(_ deadline: Deadline) throws(PostgresError) {
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
  func nextResult(_ deadline: Deadline, endsWithNil: Bool) throws(PostgresError) -> OpaquePointer {
    let result = try awaitResult(deadline)
    if endsWithNil, let extra = try awaitResultIfAny(deadline) { PQclear(extra) }
    if let error = Self.failure(result) {
      PQclear(result)
      throw error
    }
    return result
  }

  func awaitResult(_ deadline: Deadline) throws(PostgresError) -> OpaquePointer {
    guard let result = try awaitResultIfAny(deadline) else { throw connectionFailure() }
    return result
  }

  func awaitResultIfAny(_ deadline: Deadline) throws(PostgresError) -> OpaquePointer? {
    while PQisBusy(handle) == 1 {
      try wait(for: POLLIN, until: deadline)
      guard PQconsumeInput(handle) == 1 else { throw connectionFailure() }
    }
    return PQgetResult(handle)
  }

  /// Waits for the socket, at most until the deadline. A cancelled task has its statement cancelled on the server, which
  /// then answers with an error like any other.
  func wait(for events: Int32, until deadline: Deadline) throws(PostgresError) {
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

  func requestCancel() {
    guard let cancel = PQgetCancel(handle) else { return }
    var message = [CChar](repeating: 0, count: 256)
    PQcancel(cancel, &message, Int32(message.count))
    PQfreeCancel(cancel)
  }
}
