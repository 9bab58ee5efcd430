import Competition
import Diagnosis
import Store

/// What one look at the database and the streams found, for all who listen.
struct LiveLook: Sendable {
  struct Board: Sendable {
    var version: ReportStore.LeaderboardVersion
    /// By rank.
    var rows: [LeaderboardRow]
  }

  /// Nil before the first ranking.
  var board: Board?
  /// Newest first.
  var checkpoints: [CheckpointState] = []
  var pipeline = PipelineLook()

  /// Models of a leaderboard, and checkpoints, whose changes are told.
  private static let rows = 1_000
  private static let checkpoints = 20

  /// Looks once more. Entries are read when the leaderboard is another one; what cannot be read while PostgreSQL is away
  /// stays what it was.
  static func take(
    after before: LiveLook?, store: ReportStore, pipeline: @Sendable () async -> PipelineLook
  ) async -> LiveLook {
    var look = before ?? LiveLook()
    look.pipeline = await pipeline()
    do {
      let version = try await store.leaderboardVersion()
      if let version, version != before?.board?.version {
        look.board = Board(
          version: version, rows: try await store.leaderboard(includesEnsembles: false, limit: rows, offset: 0))
      }
      look.checkpoints = try await store.checkpointStates(limit: checkpoints)
    } catch {
      let notice = Discretion.postgresIsAway
      if !look.pipeline.problems.contains(notice) { look.pipeline.problems.append(notice) }
    }
    return look
  }
}
