import Competition

/// Sums by model, or by model and scope key, and by band of time, of which the means of windows are made. Pure.
struct WindowTable {
  private struct Group: Hashable {
    var modelID: String
    var scopeKey: String?
  }

  private let cutOffs: [Timestamp]
  /// Ascending.
  let thresholds: [Timestamp]
  private var groups: [Group: ScoreBands] = [:]

  /// - Parameter cutOffs: when each window starts; all of them end with the range.
  init(cutOffs: [Timestamp]) {
    self.cutOffs = cutOffs
    thresholds = cutOffs.sorted()
  }

  /// - Parameter band: nil: it is counted elsewhere.
  mutating func add(_ sum: ScoreHourSum, band: Int?, byScope: Bool) {
    guard let band else { return }
    let group = Group(modelID: sum.modelID, scopeKey: byScope ? sum.scopeKey : nil)
    groups[
      group, default: ScoreBands(bands: thresholds.count + 1, earliest: sum.earliest, newest: sum.newest)
    ].add(band: band, count: sum.count, sum: sum.sum, earliest: sum.earliest, newest: sum.newest)
  }

  /// Those with a valid score, in the order of their first prediction.
  var windows: [ScoreWindows] {
    groups.filter { $0.value.count > 0 }.map { group, bands in
      ScoreWindows(
        modelID: group.modelID, scopeKey: group.scopeKey,
        means: cutOffs.map { bands.mean(from: (thresholds.firstIndex(of: $0) ?? 0) + 1) }, count: bands.count,
        earliest: bands.earliest, newest: bands.newest)
    }.sorted { ($0.earliest, $0.modelID, $0.scopeKey ?? "") < ($1.earliest, $1.modelID, $1.scopeKey ?? "") }
  }
}
