import Logging
import ServiceKit
import ServiceLifecycle
import Store

/// One score worker at a time leads: it holds a lease in PostgreSQL, by PostgreSQL's clock, and does what must be done
/// once. Should two believe for a moment that they lead, nothing breaks: every duty is guarded in the database.
struct Leader: Service {
  let store: Store
  let duties: LeaderDuties
  let instanceName: String
  let logger: Logger

  static let leaseName = "score-leader"
  static let leaseSeconds = 5

  func run() async throws {
    var leads = false
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      let holds = try await persistently("take the leader's lease", logger: logger) {
        try await store.leases.acquire(name: Self.leaseName, holder: instanceName, seconds: Self.leaseSeconds)
      }
      if holds != leads { logger.notice(holds ? "leads from now on" : "leads no longer") }
      if holds, !leads { await duties.begin() }
      leads = holds
      do {
        if leads { try await duties.turn() }
      } catch let error as any OutageError where error.isOutage {
        logger.warning("a leader's turn failed", metadata: ["cause": "\(error)"])
        leads = false
      }
      await rest(leads ? .milliseconds(250) : .seconds(1))
    }
    if leads { try await store.leases.release(name: Self.leaseName, holder: instanceName) }
    try await duties.end()
  }
}
