import Bus
import Competition
import ServiceKit
import Store

/// How streams and workers stand at one moment.
struct TopLook: Sendable {
  /// What Redis tells; nil while it is away.
  struct Streams: Sendable {
    var status: BusStatus
    var workers: [WorkerNote]
    /// Entries that each stream was given since it was made.
    var added: [BusStream: Int]
  }

  var streams: Streams?
  /// Paused streams; nil while PostgreSQL is away.
  var paused: [String]?
  var deadLetters: Int?
  /// Why something is not known.
  var problems: [String] = []

  static func take(_ connection: Connection) async -> TopLook {
    var look = TopLook()
    do {
      look.streams = Streams(
        status: try await connection.bus.status(), workers: try await connection.bus.workers(),
        added: try await connection.bus.added())
    } catch { look.problems.append("\(error)") }
    do {
      look.paused = try await connection.store.pauses.all().map(\.stream)
      look.deadLetters = try await connection.store.deadLetters.openCount()
    } catch { look.problems.append("\(error)") }
    return look
  }
}
