/// Which rows of a panel hold a number.
struct Presence: Sendable, Hashable {
  private(set) var words: [UInt64]

  init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

  subscript(row: Int) -> Bool {
    get { words[row >> 6] >> UInt64(row & 63) & 1 == 1 }
    set {
      let bit: UInt64 = 1 << UInt64(row & 63)
      if newValue { words[row >> 6] |= bit } else { words[row >> 6] &= ~bit }
    }
  }

  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  static func & (left: Presence, right: Presence) -> Presence {
    var both = left
    for index in both.words.indices { both.words[index] &= right.words[index] }
    return both
  }
}
