/// Centred ranks of several series over the same rows, one series after the other. Eight numbers make a lane of machine
/// words; other rows and what fills the last lane are 0, which adds nothing to a product.
struct RankMatrix {
  private let lanes: [SIMD8<Double>]
  private let lanesPerSeries: Int
  private let squares: Double

  /// - Parameters:
  ///   - orders: of each series, all rows of the panel in ascending order of its signals.
  ///   - rows: that are ranked, two at least.
  init(_ orders: [[Int]], rows: Presence) {
    let count = rows.count
    let mean = Double(count - 1) / 2
    let stride = ((orders.first?.count ?? 0) + 7) / 8
    var lanes = Array(repeating: SIMD8<Double>.zero, count: orders.count * stride)
    for (series, order) in orders.enumerated() {
      var rank = 0.0
      for row in order where rows[row] {
        lanes[series * stride + row / 8][row % 8] = rank - mean
        rank += 1
      }
    }
    self.lanes = lanes
    lanesPerSeries = stride
    squares = OrdinalRankCorrelation.squares(count)
  }

  /// Of a series of this matrix with one of another that was made for the same rows.
  func correlation(_ series: Int, _ other: RankMatrix, _ otherSeries: Int) -> Double {
    var products = SIMD8<Double>.zero
    lanes.withUnsafeBufferPointer { left in
      other.lanes.withUnsafeBufferPointer { right in
        var (i, j) = (series * lanesPerSeries, otherSeries * lanesPerSeries)
        for _ in 0..<lanesPerSeries {
          products += left[i] * right[j]
          i += 1
          j += 1
        }
      }
    }
    return products.sum() / squares
  }
}
