import Foundation

/// A line without axes, as small as a word: the path of an SVG picture of 96 by 24.
enum Sparkline {
  static let width = 96.0
  static let height = 24.0

  /// - Returns: nil when there are not two values to draw a line between.
  static func path(_ values: [Double]) -> String? {
    let values = values.filter(\.isFinite)
    guard values.count > 1, let low = values.min(), let high = values.max() else { return nil }
    let span = high - low
    let points = values.enumerated().map { index, value in
      let x = 1 + (width - 2) * Double(index) / Double(values.count - 1)
      let y = span > 0 ? height - 2 - (height - 4) * (value - low) / span : height / 2
      return String(format: "%.1f %.1f", x, y)
    }
    return "M" + points.joined(separator: "L")
  }
}
