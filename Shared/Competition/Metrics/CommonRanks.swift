/// Ranks series over the rows that two of them share, anew for each pair and in memory that is used again. Two walks a
/// pair, without a branch: where no two models answered the same rows, this is nearly all of the work.
struct CommonRanks {
  /// A series' part: made once, used with each other series.
  struct Series {
    /// Its rows in ascending order of its signals.
    let order: [Int32]
    /// −1 for each row of the panel that it has, else 0.
    let mask: [Int32]

    init(_ order: [Int], rows: Int) {
      var mask = Array(repeating: Int32(0), count: rows)
      for row in order { mask[row] = -1 }
      self.order = order.map(Int32.init)
      self.mask = mask
    }
  }

  /// The second series' rank at each of its rows.
  private var ranks: [Int32]

  /// - Parameter rows: of the panel.
  init(rows: Int) { ranks = Array(repeating: 0, count: rows) }

  /// Their rank correlation over the rows that both have; nil below two. Integers are exact, so it does not depend on
  /// the order of rows.
  mutating func correlation(_ one: Series, _ other: Series) -> Double? {
    var rank: Int32 = 0
    for row in other.order {
      ranks[Int(row)] = rank
      rank &-= one.mask[Int(row)]
    }
    let count = Int64(rank)
    guard count >= 2 else { return nil }
    rank = 0
    var products: Int64 = 0
    for row in one.order {
      let isCommon = other.mask[Int(row)]
      products &+= Int64(rank & isCommon) &* Int64(ranks[Int(row)])
      rank &-= isCommon
    }
    // Σ (r − m)(s − m) = Σ rs − n m², m being (n − 1) / 2.
    let centred = 4 * products - count * (count - 1) * (count - 1)
    return Double(centred) / (4 * OrdinalRankCorrelation.squares(Int(count)))
  }
}
