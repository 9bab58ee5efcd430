import Bus
import Logging
import ServiceKit
import Synchronization

/// Entries that a worker works on, with their lease, which is renewed as long as the work goes on.
final class HeldWork: Sendable {
  private let lease: Mutex<Lease>

  /// - Parameter takenAt: an uptime before the entries were handed out.
  init(_ ids: [EntryID], lease: Duration, takenAt: Duration) {
    self.lease = Mutex(Lease(ids, length: lease, at: takenAt))
  }

  /// Whether all of these are ours for certain.
  func holds(_ ids: [EntryID]) -> Bool {
    let now = Surrounding.current.uptime
    return lease.withLock { $0.holds(ids, at: now) }
  }

  /// These are done with: acknowledged, or let go.
  func settle(_ ids: [EntryID]) { lease.withLock { $0.settled(ids) } }

  /// Those that are not done with, and were ours when Redis was last asked.
  var unsettled: [EntryID] { lease.withLock { $0.held.sorted() } }

  /// Does the work and renews the lease of what is left of it meanwhile.
  func renewing<Result: Sendable>(
    with consumer: any BusConsumer<ScoreTask>, logger: Logger, _ work: @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.renew(with: consumer, logger: logger) }
      defer { group.cancelAll() }
      return try await work()
    }
  }

  private func renew(with consumer: any BusConsumer<ScoreTask>, logger: Logger) async throws {
    let pause = lease.withLock { $0.renewalPause }
    while true {
      try await Surrounding.current.sleep(for: pause)
      let asked = Surrounding.current.uptime
      let ids = unsettled
      guard !ids.isEmpty else { continue }
      do {
        let ours = try await consumer.renew(ids)
        lease.withLock { $0.renewed(ours, at: asked) }
      } catch {
        logger.warning("lease not renewed", metadata: ["cause": "\(error)"])
      }
    }
  }
}
