import Competition
import Store

// What came of scores: snapshots, leaderboards, checkpoints.

extension Story {
  package init(_ trace: SnapshotTrace) {
    let snapshot = trace.snapshot
    self.init(
      kind: "snapshot", id: snapshot.id, state: trace.isProvisional ? "provisional" : "sealed",
      why: trace.isProvisional
        ? "scores may still come into its period"
        : "every prediction that was due in its period has ended, and it never changes again",
      next: Self.payout(trace))
    fact("model", snapshot.modelID)
    fact("period", "\(snapshot.periodStart) to \(snapshot.periodEnd)")
    fact("predictions", String(snapshot.predictionCount))
    fact("summary", JSON.object(snapshot.resultSummary).text)
    event(snapshot.periodEnd, "period ends")
    event(snapshot.createdAt, "written")
    tell(trace)
  }

  package init(_ checkpoint: Checkpoint) {
    let next: String
    switch checkpoint.status {
    case .pending:
      next = "somebody pays its emission and confirms it: POST /reports/checkpoints/\(checkpoint.id)/confirm"
    case .submitted: next = "CLAIMABLE, when the chain has its transaction"
    case .claimable: next = "PAID, when the rewards were claimed"
    case .paid: next = "nothing: that is its end"
    }
    self.init(
      kind: "checkpoint", id: checkpoint.id, state: checkpoint.status.rawValue,
      why: "all buckets of its period are sealed; its ranking and its emission never change", next: next)
    fact("period", "\(checkpoint.periodStart) to \(checkpoint.periodEnd)")
    fact("snapshots", checkpoint.meta["snapshot_count"]?.text)
    fact("models", checkpoint.meta["model_count"]?.text)
    fact("transaction", checkpoint.transactionHash)
    event(checkpoint.periodEnd, "period ends")
    event(checkpoint.createdAt, "made, and its snapshots claimed")
    event(checkpoint.submittedAt, "submitted")
    rows = ["checkpoints \(checkpoint.id)"]
  }

  package init(_ board: Leaderboard, newestID: String) {
    let isNewest = board.id == newestID
    self.init(
      kind: "leaderboard", id: board.id, state: isNewest ? "newest" : "superseded",
      why: isNewest ? "no ranking has changed since" : "\(newestID) is newer",
      next: isNewest ? "the leading score worker writes a new one when a score changes it" : "nothing")
    fact("models", String(board.entries.count))
    for entry in board.entries.prefix(3) {
      fact("rank \(entry["rank"]?.text ?? "?")", entry["model_name"]?.string ?? entry["model_id"]?.string)
    }
    event(board.createdAt, "written")
    rows = ["leaderboards \(board.id)"]
  }
}
