import ServiceLifecycle
import ServiceLifecycleTestKit

@testable import ServiceKit

extension SimulatedProcess {
  /// Runs services until they have drained or the process was killed.
  func live(skewSeconds: Int, _ services: @Sendable () throws -> [any Service]) async {
    do {
      try await testGracefulShutdown { trigger in
        canDrain(by: trigger)
        let surroundings = ProcessSurroundings(process: self, skewSeconds: skewSeconds)
        try await Surrounding.$current.withValue(surroundings) { try await Self.run(try services()) }
      }
      conditions.note("\(name) has drained")
      if !isDead, !isDraining { conditions.violate("end", "\(name) ended although nobody asked it to") }
    } catch {
      if !isDead { conditions.violate("end", "\(name) ended by an error: \(error)") }
    }
    ended()
  }

  private static func run(_ services: [any Service]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for service in services { group.addTask { try await service.run() } }
      // The first that fails ends the others.
      while try await group.next() != nil {}
    }
  }
}
