import Competition
import Store

/// What routes answer from.
struct ReportAPI: Sendable {
  let store: ReportStore
  let contract: CrunchContract
  let identity: CrunchIdentity
  /// The clock that ranges and windows end at.
  let now: @Sendable () -> Timestamp

  /// Every route, a file for each resource.
  func routes() -> RouteTable {
    RouteTable(
      nodeRoutes + schemaRoutes + leaderboardRoutes + modelRoutes + predictionRoutes + feedRoutes + snapshotRoutes
        + checkpointRoutes + emissionRoutes + merkleRoutes + diversityRoutes)
  }
}

/// Which competition this is.
struct CrunchIdentity: Sendable, Hashable {
  var crunchID: String
  var address: String
  var network: String
}
