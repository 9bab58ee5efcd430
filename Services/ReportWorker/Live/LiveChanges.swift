import Competition
import Diagnosis
import Store

/// What is new between two looks. Pure.
enum LiveChanges {
  /// - Parameter before: nil for somebody who knows nothing: then it is everything.
  static func messages(from before: LiveLook?, to look: LiveLook, rates: PipelineRates) -> [LiveMessage] {
    let board = look.board.flatMap { leaderboard(from: before?.board, to: $0) }
    let checkpoints = checkpoints(from: before?.checkpoints, to: look.checkpoints)
    return (board.map { [$0] } ?? []) + checkpoints + [PipelineFigures(look: look.pipeline, rates: rates).message]
  }

  private static func leaderboard(from before: LiveLook.Board?, to board: LiveLook.Board) -> LiveMessage? {
    guard let created = board.rows.first?.createdAt, before?.version != board.version else { return nil }
    let known = Dictionary((before?.rows ?? []).map { ($0.modelID, $0) }) { first, _ in first }
    let changed = board.rows.filter { row in
      var earlier = known[row.modelID]
      earlier?.createdAt = row.createdAt
      return earlier != row
    }
    let gone = Set(known.keys).subtracting(board.rows.map(\.modelID)).compactMap { $0 }.sorted()
    guard before == nil || !changed.isEmpty || !gone.isEmpty else { return nil }
    return LiveMessage(.leaderboard) { text in
      text.member("created_at", created.json(.z))
      text.member("complete", .bool(before == nil))
      text.key("rows")
      text.array(changed) { text, row in
        text.object { text in
          text.member("model_id", JSON(row.modelID))
          text.member("model_name", JSON(row.modelName))
          text.member("cruncher_name", JSON(row.cruncherName))
          text.member("rank", .int(row.rank))
          text.member("previous_rank", known[row.modelID].map { .int($0.rank) } ?? .null)
          text.member("score_metrics", object: row.metrics)
          text.member("score_ranking", object: row.ranking)
        }
      }
      text.key("removed")
      text.array(gone) { $0.value(.string($1)) }
    }
  }

  /// Oldest first. Who knows nothing is told of the newest alone.
  private static func checkpoints(from before: [CheckpointState]?, to now: [CheckpointState]) -> [LiveMessage] {
    let known = Dictionary((before ?? []).map { ($0.id, $0.status) }) { first, _ in first }
    let news = before == nil ? Array(now.prefix(1)) : now.filter { known[$0.id] != $0.status }
    return news.reversed().map { checkpoint in
      LiveMessage(.checkpoint) { text in
        text.member("id", .string(checkpoint.id))
        text.member("period_start", checkpoint.periodStart.json(.z))
        text.member("period_end", checkpoint.periodEnd.json(.z))
        text.member("status", .string(checkpoint.status))
        text.member("previous_status", JSON(known[checkpoint.id]))
      }
    }
  }
}
