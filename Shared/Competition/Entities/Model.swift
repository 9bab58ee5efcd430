/// A participant's model as the coordinator knows it.
public struct Model: Sendable, Hashable {
  public var id: String
  public var name: String
  /// The participant: `infos.cruncher_id` of the orchestrator.
  public var playerID: String
  public var playerName: String
  /// The run of the model that answers now.
  public var deploymentIdentifier: String
  /// When the coordinator first saw it; ties in the ranking go to the earlier model.
  public var createdAt: Timestamp

  public init(
    id: String, name: String, playerID: String, playerName: String, deploymentIdentifier: String, createdAt: Timestamp
  ) {
    self.id = id
    self.name = name
    self.playerID = playerID
    self.playerName = playerName
    self.deploymentIdentifier = deploymentIdentifier
    self.createdAt = createdAt
  }
}
