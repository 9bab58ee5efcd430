/// Who commits scores, and by which entries it was told to: kept a row a task, so that a score can be explained later.
public struct ScoreRun: Sendable, Hashable {
  /// An entry of `predictions.pending` and how often it had been handed out.
  public struct Entry: Sendable, Hashable {
    public var id: String
    public var deliveries: Int

    public init(id: String, deliveries: Int) {
      self.id = id
      self.deliveries = deliveries
    }
  }

  public var worker: String
  public var entries: [TaskKey: Entry]

  public init(worker: String, entries: [TaskKey: Entry] = [:]) {
    self.worker = worker
    self.entries = entries
  }
}
