import Foundation

/// Figures as people say them.
package enum Spoken {
  /// A span of time: `12 s`, `3.5 min`.
  package static func span(_ seconds: Double) -> String {
    switch seconds {
    case ..<1: "\(Int((seconds * 1_000).rounded())) ms"
    case ..<120: "\(rounded(seconds)) s"
    case ..<7_200: "\(rounded(seconds / 60)) min"
    default: "\(rounded(seconds / 3_600)) h"
    }
  }

  package static func rounded(_ value: Double) -> String { String(format: value < 10 ? "%.1f" : "%.0f", value) }
}
