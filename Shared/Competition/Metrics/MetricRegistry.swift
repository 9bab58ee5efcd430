/// The metrics that a competition can ask for, by name.
public struct MetricRegistry: Sendable {
  private var metrics: [String: Metric] = [:]
  /// In the order of their registration.
  public private(set) var names: [String] = []

  /// - Parameter metrics: of equal names the last counts, so that a competition can put its own in a built-in's place.
  public init(_ metrics: [Metric] = Metric.builtIn) {
    for metric in metrics { register(metric) }
  }

  public mutating func register(_ metric: Metric) {
    if metrics.updateValue(metric, forKey: metric.name) == nil { names.append(metric.name) }
  }

  /// The metrics of these names in their order, each once.
  /// - Throws: `UnknownMetric` for the first name that is none. The original skips it, and a slip then costs the figure.
  public func selection(_ requested: [String]) throws -> [Metric] {
    var seen: Set<String> = []
    return try requested.filter { seen.insert($0).inserted }.map { name in
      guard let metric = metrics[name] else {
        throw UnknownMetric(name: name, nearest: NearestName.of(name, among: names), known: names)
      }
      return metric
    }
  }
}

extension Sequence<Metric> {
  /// The metrics of each of the panel's series by model id. What has less than a metric needs lacks its key, and so does
  /// a number that is not finite.
  public func summaries(of panel: MetricPanel) -> [String: JSONObject] {
    var summaries = Dictionary(
      panel.series.map { ($0.modelID, JSONObject()) }, uniquingKeysWith: { first, _ in first })
    for metric in self {
      for (series, number) in zip(panel.series, metric.numbers(panel)) {
        guard let number, number.isFinite else { continue }
        summaries[series.modelID]?[metric.name] = .double(number)
      }
    }
    return summaries
  }
}
