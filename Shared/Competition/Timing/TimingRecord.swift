/// The moments of one prediction's way.
public struct TimingRecord: Sendable, Hashable {
  public var predictionID: String
  /// Microseconds since 1970 by the names of `TimingStage`.
  public var moments: JSONObject

  public init(predictionID: String, moments: JSONObject) {
    self.predictionID = predictionID
    self.moments = moments
  }

  /// nil when the prediction's `meta` holds no moments.
  public init?(predictionID: String, meta: JSONObject) {
    guard let moments = meta["timing"]?.object, !moments.isEmpty else { return nil }
    self.init(predictionID: predictionID, moments: moments)
  }
}
