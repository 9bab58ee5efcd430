import ArgumentParser
import Bus
import Competition
import ServiceKit
import Store

struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says how the node does: schema, stages, streams and totals.")
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let connection = try Connection()
    let schema: Migrator.Status
    do { schema = try await connection.store.migrator.status() } catch let error as StoreError where error.isOutage {
      Terminal.complain("PostgreSQL, which DATABASE_URL names, cannot be reached: \(error)")
      try await showWhatRedisKnows(connection)
      throw ExitCode(1)
    }
    guard schema == .current else {
      Terminal.complain("\(schema)")
      throw ExitCode(1)
    }
    let recent = try await connection.store.overview.recent(seconds: 30)
    let totals = try await connection.store.overview.totals()
    let board = try await connection.store.leaderboards.newest()
    if output.json { return Terminal.json(Overview.json(recent, totals, board)) }
    Terminal.line(Overview.stages(recent, seconds: 30, try await bus(connection)))
    Terminal.line()
    Terminal.line(Overview.summary(totals))
    if let board { Terminal.line("\n" + Overview.leaderboard(board)) }
  }

  /// The streams: all that is known while PostgreSQL is away.
  private func showWhatRedisKnows(_ connection: Connection) async throws {
    let status = try await bus(connection)
    if output.json {
      return Terminal.json(
        .object(["error": "PostgreSQL is away", "streams": status.map { Streams.List.json($0, []) } ?? .null]))
    }
    Terminal.line("PostgreSQL is away: nothing is scored, and nothing is lost; what Redis knows:")
    Terminal.line(status.map { Streams.List.text($0, []) } ?? "Redis is away")
  }

  private func bus(_ connection: Connection) async throws -> BusStatus? {
    do { return try await connection.bus.status() } catch {
      Terminal.complain("\(error)")
      return nil
    }
  }
}
