import Competition
import Logging
import ServiceKit
import ServiceLifecycle

/// One score worker at a time leads and does what must be done once.
struct Leader: Service {
  let duty: Duty
  let duties: LeaderDuties
  let logger: Logger

  static let leaseName = "score-leader"

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await duty.run() }
      group.addTask { try await lead() }
      try await group.endTogether()
    }
  }

  private func lead() async throws {
    var since: Timestamp?
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      let leads = duty.since
      if let leads, leads != since { await duties.begin() }
      since = leads
      do {
        if leads != nil { try await duties.turn() }
      } catch let error as any OutageError where error.isOutage {
        logger.warning("a leader's turn failed", metadata: ["cause": "\(error)"])
        since = nil
      }
      await rest(.milliseconds(250))
    }
    do { try await duties.end() } catch let error as any OutageError where error.isOutage {
      logger.info("did not leave scores.ready; the next leader cleans up", metadata: ["cause": "\(error)"])
    }
  }
}
