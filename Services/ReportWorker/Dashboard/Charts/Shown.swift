import Competition
import Diagnosis
import Foundation

/// Figures and times as pages write them.
enum Shown {
  static let nothing = "–"

  /// How many decimals a column needs, so that its largest figure has three digits that say something.
  static func decimals(_ values: [Double?]) -> Int {
    let largest = values.compactMap { $0?.magnitude }.filter(\.isFinite).max() ?? 0
    guard largest > 0 else { return 2 }
    return min(8, max(2, 3 - Int(log10(largest).rounded(.up))))
  }

  static func figure(_ value: Double?, decimals: Int) -> String {
    guard let value, value.isFinite else { return nothing }
    guard value.magnitude < 1e12 else { return String(format: "%.3g", value) }
    let text = String(format: "%.\(decimals)f", value)
    // A minus as wide as a digit.
    return text.hasPrefix("-") ? "\u{2212}" + text.dropFirst() : text
  }

  static func figure(_ value: Double?) -> String { figure(value, decimals: decimals([value])) }

  /// With a thin blank between thousands.
  static func count(_ value: Int?) -> String {
    guard let value else { return nothing }
    var digits = String(value.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "\u{2212}" : "") + ([digits] + groups).joined(separator: "\u{202F}")
  }

  /// `direction_correct` as `Direction correct`.
  static func name(_ key: String) -> String {
    let words = key.replacing("_", with: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  static func rate(_ value: Double?) -> String { value.map { Spoken.rounded($0) + "/s" } ?? nothing }
  static func span(_ seconds: Double?) -> String { seconds.map { Spoken.span(max(0, $0)) } ?? nothing }

  /// `2026-02-13 12:00:05`, in UTC.
  static func time(_ time: Timestamp?) -> String {
    guard let time else { return nothing }
    return String(time.iso8601(.naive).prefix(19)).replacing("T", with: " ")
  }

  static func ago(_ time: Timestamp?, now: Timestamp) -> String {
    guard let time else { return nothing }
    let seconds = now.seconds(since: time)
    return seconds >= 0 ? "\(Spoken.span(seconds)) ago" : "in \(Spoken.span(-seconds))"
  }
}

/// A moment as pages show it.
struct ShownTime {
  var machine: String
  var text: String
  var ago: String

  init(_ time: Timestamp, now: Timestamp) {
    machine = time.iso8601(.z)
    text = Shown.time(time)
    ago = Shown.ago(time, now: now)
  }
}
