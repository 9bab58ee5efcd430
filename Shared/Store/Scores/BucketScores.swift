import Competition

/// Successful results of one model in one bucket, in order of prediction id.
public struct BucketScores: Sendable, Hashable {
  public var modelID: String
  public var results: [JSONObject]

  public init(modelID: String, results: [JSONObject]) {
    self.modelID = modelID
    self.results = results
  }
}
