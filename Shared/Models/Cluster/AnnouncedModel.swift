/// A model that the orchestrator announces, and how far this cluster has come with it.
public struct AnnouncedModel: Sendable, Hashable {
  public enum State: Sendable, Hashable {
    /// Not set up yet; what the last attempt failed with, if one has.
    case connecting(String?)
    /// Set up: it can be asked.
    case ready
    /// Let go of, and why.
    case refused(String)
  }

  public var model: ConnectedModel
  public var host: String
  public var port: Int
  public var state: State

  init(_ run: ModelRun, _ state: State) {
    model = ConnectedModel(run)
    host = run.host
    port = run.port
    self.state = state
  }
}
