/// Where the orchestrator is and how its models are called.
public struct ModelClusterConfiguration: Sendable {
  public var host: String
  public var port: Int
  public var crunchID: String
  /// `module.Class` that models derive from.
  public var baseClassname: String
  /// Method that takes the feed: `tick` or `feed_update`.
  public var updateMethod: String
  /// Longest that one call may take.
  public var timeout: Duration
  /// Whether the orchestrator is told of models that misbehave; it stops them.
  public var reportsFailures: Bool

  public init(
    host: String, port: Int, crunchID: String, baseClassname: String, updateMethod: String, timeout: Duration,
    reportsFailures: Bool = true
  ) {
    self.host = host
    self.port = port
    self.crunchID = crunchID
    self.baseClassname = baseClassname
    self.updateMethod = updateMethod
    self.timeout = timeout
    self.reportsFailures = reportsFailures
  }
}

/// A model that answers calls now.
public struct ConnectedModel: Sendable, Hashable {
  public var id: String
  public var name: String
  public var playerID: String
  public var playerName: String
  public var deploymentIdentifier: String

  init(_ run: ModelRun) {
    id = run.modelID
    name = run.name
    playerID = run.cruncherID
    playerName = run.cruncherName
    deploymentIdentifier = run.deploymentID
  }
}
