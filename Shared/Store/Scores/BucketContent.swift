import Competition

/// What a sealed bucket holds.
public struct BucketContent: Sendable, Hashable {
  /// An ensemble's prediction with its score; stored with the seal.
  public struct VirtualAnswer: Sendable, Hashable {
    public var prediction: Prediction
    public var score: Score

    public init(prediction: Prediction, score: Score) {
      self.prediction = prediction
      self.score = score
    }
  }

  /// One a model, ensembles among them.
  public var snapshots: [Snapshot]
  public var virtual: [VirtualAnswer]
  /// The rows of the ensembles' virtual models.
  public var virtualModels: [Model]

  public init(snapshots: [Snapshot], virtual: [VirtualAnswer] = [], virtualModels: [Model] = []) {
    self.snapshots = snapshots
    self.virtual = virtual
    self.virtualModels = virtualModels
  }
}
