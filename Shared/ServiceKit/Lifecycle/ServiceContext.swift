import Bus
import Competition
import Logging
import Store

/// What a service is made of once its settings are read.
public struct ServiceContext<Settings: Sendable>: Sendable {
  public let settings: Settings
  public let common: CommonSettings
  /// Unique per process start: the name under which it takes leases and joins groups.
  public let instanceName: String
  public let store: Store
  public let bus: RedisBus
  public let health: Health
  /// What the process says of itself to `coordinator top`.
  public let activity: Activity
  public let logger: Logger

  /// Stores the contract that this process works by, unless it is there; answers its number.
  public func register(_ contract: CrunchContract) async throws -> Int64 {
    try await persistently("store the contract", logger: logger) { try await store.contracts.register(contract) }
  }
}
