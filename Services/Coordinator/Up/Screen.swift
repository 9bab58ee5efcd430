import Bus
import Competition
import ServiceKit
import Store

/// Shows how the node does while it runs: on a terminal a screen that is drawn anew, else lines now and then.
struct Screen: Sendable {
  let connection: Connection
  let reportURL: String
  let isPlain: Bool

  private static let windowSeconds = 10

  func run() async {
    while !Task.isCancelled {
      do {
        let text = try await text()
        Terminal.write(isPlain ? text + "\n\n" : "\u{1B}[H\u{1B}[2J" + text + "\n")
      } catch {
        Terminal.complain("waiting: \(error)")
      }
      await rest(isPlain ? .seconds(10) : .seconds(1))
    }
  }

  private func text() async throws -> String {
    let recent = try await connection.store.overview.recent(seconds: Self.windowSeconds)
    var bus: BusStatus?
    do { bus = try await connection.bus.status() } catch { bus = nil }
    let stages = Overview.stages(recent, seconds: Self.windowSeconds, bus)
    let board = try await connection.store.leaderboards.newest()
    let ranking = board.map(Overview.leaderboard) ?? "no leaderboard yet: the first predictions wait for their truth"
    return """
      coordinator-node    dashboard: \(reportURL)    report API: \(reportURL)/docs    Ctrl-C stops

      \(stages)

      \(ranking)
      """
  }
}
