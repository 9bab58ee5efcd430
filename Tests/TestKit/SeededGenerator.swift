import Foundation

/// Dice that fall the same way for the same seed.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// Dice with a seed that is printed, or with that of a variable.
  /// - Parameter what: what they are thrown for; each has a chance of its own.
  public static func announced(_ what: String, variable: String) -> SeededGenerator {
    let given = ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
    print("\(what): seed \(seed); \(variable)=\(seed) repeats it")
    return SeededGenerator(seed: seed)
  }

  /// SplitMix64.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }
}
