import Competition
import Logging
import Store

/// What routes answer from.
struct ReportAPI: Sendable {
  let store: ReportStore
  let contract: CrunchContract
  let configuration: ReportServer.Configuration
  /// What listeners hear, and how the pipeline is.
  let live: LiveDesk
  let logger: Logger
  /// The clock that ranges and windows end at.
  let now: @Sendable () -> Timestamp

  /// Every route, a file for each resource, and what documents them.
  func routes() -> RouteTable {
    let answering =
      nodeRoutes + schemaRoutes + modelRoutes + summaryRoutes + leaderboardRoutes + predictionRoutes + snapshotRoutes
      + diversityRoutes + ensembleRoutes + feedRoutes + backfillRoutes + dataRoutes + checkpointRoutes
      + checkpointChangeRoutes + emissionRoutes + rewardRoutes + merkleRoutes + timingRoutes + liveRoutes
    return RouteTable(answering + documentRoutes(answering))
  }

  /// One line for each change that somebody asked for: who, what, and from what to what.
  func audit(_ action: AdminAction, _ what: String, _ target: String, before: String, after: String) {
    logger.notice(
      "change by API",
      metadata: [
        "actor": "\(action.actor)", "change": "\(what)", "target": "\(target)", "before": "\(before)",
        "after": "\(after)",
      ])
  }
}

/// Which competition this is.
struct CrunchIdentity: Sendable, Hashable {
  var crunchID: String
  var address: String
  var network: String
}
