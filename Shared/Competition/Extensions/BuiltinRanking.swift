/// The leaderboard's entries in their order.
public enum BuiltinRanking: String, BuiltinExtension {
  /// By the contract's ranking key.
  case rankingKey = "ranking_key"
  /// By the mean of the ranks that a model has in each window, so that one good day is not enough.
  case meanRank = "mean_rank"

  public var summary: String {
    switch self {
    case .rankingKey: "by the contract's ranking key"
    case .meanRank: "by the mean of the ranks in all windows"
    }
  }

  /// - Parameters:
  ///   - entries: of models of participants, by the ranking key.
  ///   - windows: names of the windows.
  public func ordered(_ entries: [JSONObject], windows: [String], isDescending: Bool) -> [JSONObject] {
    guard self == .meanRank, !windows.isEmpty else { return entries }
    var sums = [Double](repeating: 0, count: entries.count)
    for window in windows {
      let values = entries.map { $0["score"]?["metrics"]?[window]?.number ?? 0 }
      let order = values.indices.sorted { left, right in
        values[left] == values[right]
          ? left < right : isDescending ? values[left] > values[right] : values[left] < values[right]
      }
      for (rank, index) in order.enumerated() { sums[index] += Double(rank) }
    }
    return sums.indices.sorted { (sums[$0], $0) < (sums[$1], $1) }.map { entries[$0] }
  }
}
