/// One number a row of a panel, contiguous; where none is known, or none that is finite, it is 0 and
/// `presence` says so.
struct MetricColumn: Sendable, Hashable {
  private(set) var numbers: [Double]
  private(set) var presence: Presence

  init(count: Int) {
    numbers = Array(repeating: 0, count: count)
    presence = Presence(count: count)
  }

  subscript(row: Int) -> Double? {
    get { presence[row] ? numbers[row] : nil }
    set {
      let isKnown = newValue?.isFinite ?? false
      numbers[row] = isKnown ? newValue ?? 0 : 0
      presence[row] = isKnown
    }
  }

  var count: Int { presence.count }

  /// The known numbers, in order of rows.
  var known: [Double] { self[in: presence] }

  /// The numbers of some rows, in their order.
  subscript(in rows: Presence) -> [Double] { numbers[in: rows] }
}

extension [Double] {
  /// The numbers of some rows of a panel, in their order.
  subscript(in rows: Presence) -> [Double] { indices.lazy.filter { rows[$0] }.map { self[$0] } }
}
