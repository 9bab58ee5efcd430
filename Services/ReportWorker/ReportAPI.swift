import Competition
import Logging
import Store

/// What routes answer from.
struct ReportAPI: Sendable {
  let store: ReportStore
  let contract: CrunchContract
  let configuration: ReportServer.Configuration
  /// Sums of past hours, of which rolling scores are made.
  let hours: ScoreHours
  /// How much is stored of the feeds.
  let feedCounts: FeedCounts
  /// What listeners hear, and how the pipeline is.
  let live: LiveDesk
  let logger: Logger
  /// The clock that ranges and windows end at.
  let now: @Sendable () -> Timestamp

  /// Reads what the first question about a week's rolling scores would have to wait for.
  func prepare() async {
    do {
      let now = now()
      _ = try await hours.windows(
        ReportRange(start: now.adding(seconds: -7 * 86_400), end: now), .all, cutOffs: [], byScope: false,
        includesEnsembles: true, now: now)
    } catch {
      logger.info("past hours are read when they are asked for", metadata: ["cause": "\(error)"])
    }
  }

  /// Every route, a file for each resource, and what documents them.
  func routes() -> RouteTable {
    let answering =
      nodeRoutes + schemaRoutes + modelRoutes + summaryRoutes + leaderboardRoutes + predictionRoutes + snapshotRoutes
      + diversityRoutes + ensembleRoutes + feedRoutes + backfillRoutes + dataRoutes + checkpointRoutes
      + checkpointChangeRoutes + emissionRoutes + rewardRoutes + merkleRoutes + timingRoutes + liveRoutes
      + deadLetterRoutes + commandRoutes + tournamentRoutes
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
