/// What a competition's reports show beside the means of its windows.
public struct ReportFigures: Sendable, Hashable {
  /// Names of the metrics that snapshots carry, in the order of the leaderboard's columns.
  public var metrics: [String]
  /// Names of virtual models.
  public var ensembles: [String]
  /// Numbers of a score beside its value, in their order.
  public var scoreFields: [String]

  public init(metrics: [String] = [], ensembles: [String] = [], scoreFields: [String] = []) {
    self.metrics = metrics
    self.ensembles = ensembles
    self.scoreFields = scoreFields
  }
}
