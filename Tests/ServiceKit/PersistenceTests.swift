import Bus
import Logging
import ServiceLifecycle
import Store
import Testing

@testable import ServiceKit

@Suite("Trying again", .timeLimit(.minutes(2)))
struct PersistenceTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  private let outages: [any Error] = [
    BusError.outage(.timedOut), StoreError(kind: .connection, message: "away"),
    StoreError(kind: .statement, sqlState: "40P01", message: "deadlock"),
  ]
  private let faults: [any Error] = [
    BusError.failure(.unexpectedAnswer("x")), StoreError(kind: .statement, sqlState: "22P05", message: "refused"),
    CancellationError(),
  ]

  @Test("work is done again while the other side is away, and its result is handed on")
  func outage() async throws {
    for outage in outages {
      var attempts = 0
      let result = try await persistently("try", logger: logger) {
        attempts += 1
        if attempts < 3 { throw outage }
        return attempts
      }
      #expect(result == 3)
    }
  }

  @Test("what no later attempt can mend is thrown at once")
  func fault() async {
    for fault in faults {
      var attempts = 0
      await #expect(throws: (any Error).self) {
        try await persistently("try", logger: logger) {
          attempts += 1
          throw fault
        }
      }
      #expect(attempts == 1)
    }
  }

  @Test("cancelling ends the attempts")
  func cancelled() async throws {
    let (started, sign) = AsyncStream.makeStream(of: Void.self)
    let running = Task { [logger] in
      try await persistently("try", logger: logger) {
        sign.yield()
        throw BusError.outage(.timedOut)
      }
    }
    for await _ in started { break }
    running.cancel()
    await #expect(throws: CancellationError.self) { try await running.value }
  }

  @Test("what is done every so often goes on after an outage, and ends with a fault")
  func everySoOften() async throws {
    var turns = 0
    let error = await #expect(throws: StoreError.self) {
      try await every(.milliseconds(1), logger: logger) {
        turns += 1
        if turns % 3 == 0 { throw BusError.outage(.timedOut) }
        if turns == 10 { throw StoreError(kind: .statement, sqlState: "22P05", message: "refused") }
      }
    }
    #expect(turns == 10)
    #expect(error?.sqlState == "22P05")
  }

  @Test("it ends when the process drains, also in the middle of a long pause")
  func drains() async throws {
    let (turns, sign) = AsyncStream.makeStream(of: Void.self)
    let group = ServiceGroup(
      services: [Repeated(logger: logger) { sign.yield() }], logger: logger)
    let running = Task { try await group.run() }
    for await _ in turns { break }
    await group.triggerGracefulShutdown()
    try await running.value
  }

  @Test("it ends when its task is cancelled")
  func cancelledPause() async throws {
    let (turns, sign) = AsyncStream.makeStream(of: Void.self)
    let running = Task { [logger] in try await every(.seconds(3_600), logger: logger) { sign.yield() } }
    for await _ in turns { break }
    running.cancel()
    await #expect(throws: CancellationError.self) { try await running.value }
  }
}

/// Does something every hour, and ends by itself when the process drains.
private struct Repeated: Service {
  let logger: Logger
  let work: @Sendable () -> Void

  func run() async throws {
    do {
      try await every(.seconds(3_600), logger: logger) { work() }
    } catch is CancellationError {
      return  // The group cancels nothing: this would be a fault of `every`, which the group's own end tells.
    }
  }
}
