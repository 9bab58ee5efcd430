import Competition
import ServiceKit

/// Time and dice of a simulated process. Its clock may be wrong; nothing that counts may depend on it.
struct ProcessSurroundings: Surroundings {
  let process: SimulatedProcess
  let skewSeconds: Int

  private var clock: VirtualClock { process.conditions.clock }

  var now: Timestamp { clock.now.adding(seconds: skewSeconds) }
  var uptime: Duration { clock.uptime }
  var chance: Double { process.conditions.dice.chance() }

  func sleep(for duration: Duration) async throws {
    try await clock.sleep(for: duration)
    await process.thaw()
  }

  func rest(for duration: Duration) async {
    await clock.rest(for: duration)
    await process.thaw()
  }
}
