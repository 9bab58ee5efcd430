/// A figure about models over a window. All models of a panel are computed at once: what looks at pairs of models then
/// prepares each of them once.
public struct Metric: Sendable {
  /// As a contract names it and a summary holds it.
  public var name: String
  /// One number for each of the panel's series, in their order; nil where there is less than the metric needs.
  public var numbers: @Sendable (MetricPanel) -> [Double?]

  public init(name: String, numbers: @escaping @Sendable (MetricPanel) -> [Double?]) {
    self.name = name
    self.numbers = numbers
  }

  /// A metric that looks at one series at a time.
  init(_ name: String, each: @escaping @Sendable (MetricSeries, MetricPanel) -> Double?) {
    self.init(name: name) { panel in panel.series.map { each($0, panel) } }
  }

  /// The eleven of the original.
  public static let builtIn: [Metric] = [
    .informationCoefficient, .informationCoefficientSharpe, .meanReturn, .hitRate, .modelCorrelation, .maximumDrawdown,
    .sortinoRatio, .turnover, .ensembleCorrelation, .contribution, .featureNeutralCorrelation,
  ]
}
