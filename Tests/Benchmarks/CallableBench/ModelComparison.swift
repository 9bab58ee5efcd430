import Competition

/// Times the mean rank correlation of 1,000 models with each other, for which a snapshot with `model_correlation` waits.
struct ModelComparison {
  var name: String
  /// Share of its rows that each model has not answered, at random.
  var missing: Double

  private static let models = 1_000
  private static let rows = 300
  private static let limit: Duration = .seconds(1)

  static let cases = [
    ModelComparison(name: "sharing all rows", missing: 0),
    ModelComparison(name: "each missing other rows", missing: 0.02),
  ]

  /// Prints the median of five with a verdict.
  /// - Returns: whether it is within the limit.
  func isHeld() throws -> Bool {
    let metric = try MetricRegistry().selection(["model_correlation"])[0]
    let panel = panel()
    var times: [Duration] = []
    for _ in 0..<5 {
      var numbers: [Double?] = []
      times.append(ContinuousClock().measure { numbers = metric.numbers(panel) })
      guard numbers.allSatisfy({ $0.map { abs($0) <= 1 } ?? false }) else {
        throw CallableFault(name, "gave a model no correlation", hint: "no figure")
      }
    }
    times.sort()
    let isHeld = times[2] < Self.limit
    print(
      "model_correlation, \(Self.models) models \(name), \(Self.rows) rows: \(times[2]) (\(times[0]) to \(times[4]));"
        + " wanted \(Self.limit): \(isHeld ? "met" : "MISSED")")
    return isHeld
  }

  private func panel() -> MetricPanel {
    MetricPanel(
      rows: (0..<Self.rows).map { _ in
        Dictionary(
          uniqueKeysWithValues: (0..<Self.models).compactMap { model in
            guard Double.random(in: 0..<1) >= missing else { return nil }
            return ("model-\(model)", MetricCell(signal: Double.random(in: -1...1)))
          })
      })
  }
}
