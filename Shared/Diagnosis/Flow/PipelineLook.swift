import Bus
import Competition
import Store

/// How streams and workers stand at one moment.
package struct PipelineLook: Sendable {
  /// What Redis tells; nil while it is away.
  package struct Streams: Sendable {
    package var status: BusStatus
    package var workers: [WorkerNote]
    /// Entries that each stream was given since it was made.
    package var added: [BusStream: Int]
  }

  package var streams: Streams?
  /// Paused streams; nil while PostgreSQL is away.
  package var pauses: [PauseStore.Pause]?
  package var deadLetters: Int?
  /// Why something is not known.
  package var problems: [String] = []

  package init(
    streams: Streams? = nil, pauses: [PauseStore.Pause]? = nil, deadLetters: Int? = nil, problems: [String] = []
  ) {
    self.streams = streams
    self.pauses = pauses
    self.deadLetters = deadLetters
    self.problems = problems
  }

  /// Asks both servers; what one of them does not tell while it is away is left out.
  /// - Parameter telling: what is said of a failure; what servers say themselves is for operators, not for everybody.
  package static func take(
    bus: RedisBus, store: Store, telling: (any Error) -> String = { "\($0)" }
  ) async -> PipelineLook {
    var look = PipelineLook()
    do {
      look.streams = Streams(
        status: try await bus.status(), workers: try await bus.workers(),
        added: try await bus.added())
    } catch { look.problems.append(telling(error)) }
    do {
      look.pauses = try await store.pauses.all()
      look.deadLetters = try await store.deadLetters.openCount()
    } catch { look.problems.append(telling(error)) }
    return look
  }
}
