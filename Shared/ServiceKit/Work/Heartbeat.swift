import Bus
import Logging
import ServiceLifecycle

/// Tells the registry that the process lives and what it does, until it has drained.
struct Heartbeat: Service {
  let bus: any Bus
  let activity: Activity
  let name: String
  let logger: Logger

  static let pause: Duration = .seconds(2)
  /// A process that has not been heard of for this long counts as gone.
  static let expiry: Duration = .seconds(15)

  func run() async throws {
    try await every(Self.pause, logger: logger) {
      try await bus.register(activity.note(now: .now()), expiry: Self.expiry)
    }
    do { try await bus.unregister(name) } catch {
      logger.info("left without a word", metadata: ["cause": "\(error)"])
    }
  }
}
