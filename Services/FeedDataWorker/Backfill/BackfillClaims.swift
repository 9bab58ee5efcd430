import Logging
import ServiceKit
import Store
import Synchronization

/// From which sources this worker backfills: it holds a lease for each. The one that a worker's own feeds come from is held
/// as long as it runs, those of others only while there are jobs that nobody else does.
final class BackfillClaims: Sendable {
  private let leases: LeaseStore
  private let holder: String
  private let logger: Logger
  /// On the clock of `Surroundings.uptime`.
  private let heldUntil = Mutex<[String: Duration]>([:])

  private static let seconds = 10

  init(leases: LeaseStore, holder: String, logger: Logger) {
    self.leases = leases
    self.holder = holder
    self.logger = logger
  }

  static func leaseName(of source: String) -> String { "backfill:" + source }

  /// Takes the lease of a source when it is free, and renews it when it is ours.
  func renew(_ source: String) async throws {
    let asked = Surrounding.current.uptime
    let holds = try await leases.acquire(name: Self.leaseName(of: source), holder: holder, seconds: Self.seconds)
    heldUntil.withLock { $0[source] = holds ? asked + .seconds(Self.seconds) : nil }
  }

  /// Whether it is ours for certain.
  func isHeld(_ source: String) -> Bool {
    heldUntil.withLock { $0[source] }.map { Surrounding.current.uptime < $0 } ?? false
  }

  /// Lets go, so that the next one need not wait.
  func releaseAll() async {
    for source in heldUntil.withLock({ Array($0.keys) }) {
      do { try await leases.release(name: Self.leaseName(of: source), holder: holder) } catch {
        logger.info("the lease runs out by itself", metadata: ["source": "\(source)", "cause": "\(error)"])
      }
    }
    heldUntil.withLock { $0 = [:] }
  }
}
