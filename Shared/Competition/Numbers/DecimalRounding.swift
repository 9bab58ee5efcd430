import Foundation

extension Double {
  /// The nearest number with so many decimals, by the exact binary value and halves to even, as Python's `round()`;
  /// multiplying, rounding and dividing would not give that.
  func rounded(decimals: Int) -> Double { Double(String(format: "%.\(decimals)f", self)) ?? self }
}
