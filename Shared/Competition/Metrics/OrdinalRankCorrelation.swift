/// Spearman's correlation as the original computes it: ranks 0, 1, … by stable ascending sort, so equal numbers take
/// their order of position and are not averaged.
enum OrdinalRankCorrelation {
  /// From −1 to 1; nil below two pairs. Both arrays are of one length: numbers at one place belong together.
  static func correlation(_ left: [Double], _ right: [Double]) -> Double? {
    guard left.count >= 2 else { return nil }
    let products = zip(centredRanks(left), centredRanks(right)).lazy.map { $0 * $1 }
    return products.reduce(0, +) / squares(left.count)
  }

  /// Of the rows that both columns know.
  static func correlation(_ left: MetricColumn, _ right: MetricColumn) -> Double? {
    let rows = left.presence & right.presence
    return correlation(left[in: rows], right[in: rows])
  }

  /// The rank of each number less the mean rank.
  static func centredRanks(_ numbers: [Double]) -> [Double] {
    let mean = Double(numbers.count - 1) / 2
    var ranks = Array(repeating: 0.0, count: numbers.count)
    for (rank, index) in order(numbers).enumerated() { ranks[index] = Double(rank) - mean }
    return ranks
  }

  /// Positions in ascending order of their numbers, equal ones by position.
  static func order(_ numbers: [Double]) -> [Int] {
    numbers.indices.sorted { (numbers[$0], $0) < (numbers[$1], $1) }
  }

  /// Σ of the squares of `count` centred ranks. Ranks without ties are always the numbers 0..<count, so this divides in
  /// Pearson's formula; sums of centred ranks are exact in a Double.
  static func squares(_ count: Int) -> Double {
    let count = Double(count)
    return count * (count * count - 1) / 12
  }
}
