import Synchronization

/// Everything that a simulated world leaves to chance, from one seed: the same seed makes the same world.
final class Dice: Sendable {
  private let state: Mutex<UInt64>

  init(seed: UInt64) { state = Mutex(seed) }

  /// SplitMix64.
  func next() -> UInt64 {
    state.withLock { state in
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  /// Evenly from 0 to below 1.
  func chance() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

  /// Evenly from 0 to below `count`, which is at least 1.
  func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  func milliseconds(_ range: ClosedRange<Int>) -> Duration {
    .milliseconds(range.lowerBound + below(range.count))
  }

  func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var shuffled = elements
    for index in shuffled.indices.reversed() { shuffled.swapAt(index, below(index + 1)) }
    return shuffled
  }
}
