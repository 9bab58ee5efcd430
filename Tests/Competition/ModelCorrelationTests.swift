import Testing

@testable import Competition

@Suite("Models are compared the same, whichever rows each of them answered")
struct ModelCorrelationTests {
  @Test(
    "the mean correlation is that of each pair by itself",
    arguments: [(1, 0.0), (2, 0.02), (3, 0.3), (4, 0.9), (5, 0.99)])
  func plain(seed: UInt64, missing: Double) throws {
    let panel = Self.panel(seed: seed, missing: missing)
    let means = ModelCorrelation(panel).means
    #expect(means.count == panel.series.count)
    for (position, (mean, expected)) in zip(means, Self.plainMeans(panel)).enumerated() {
      guard let expected else {
        #expect(mean == nil)
        continue
      }
      let found = try #require(mean)
      #expect(abs(found - expected) < 1e-12, "\(panel.series[position].modelID)")
    }
  }

  /// Each pair ranked by the definition, ensembles with models only.
  private static func plainMeans(_ panel: MetricPanel) -> [Double?] {
    panel.series.indices.map { position in
      let found = panel.models.indices.filter { $0 != position }.compactMap {
        OrdinalRankCorrelation.correlation(panel.series[position].signals, panel.series[$0].signals)
      }
      return found.isEmpty ? nil : found.reduce(0, +) / Double(found.count)
    }
  }

  /// Forty models and an ensemble over 150 rows, with many equal signals. The first five models answer together, so
  /// that pairs that share all rows are among the others.
  private static func panel(seed: UInt64, missing: Double) -> MetricPanel {
    var numbers = SplitMix(state: seed)
    let rows: [[String: MetricCell]] = (0..<150).map { _ in
      let isMissingTogether = Double.random(in: 0..<1, using: &numbers) < missing
      var cells: [String: MetricCell] = [:]
      for model in 0..<41 {
        let isMissing = Double.random(in: 0..<1, using: &numbers) < missing
        let signal = Double(Int.random(in: -20...20, using: &numbers)) / 20
        if model < 5 ? isMissingTogether : isMissing { continue }
        cells[model == 40 ? "__ensemble_main__" : "m\(model)"] = MetricCell(signal: signal)
      }
      return cells
    }
    return MetricPanel(rows: rows, ensembles: ["__ensemble_main__"])
  }
}

/// SplitMix64, by Steele, Lea and Flood: the same numbers on every run.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
