import Competition

/// What a provider's clock says, by the `Date` of its answers, which has whole seconds.
struct ProviderClock: Sendable, Hashable {
  /// The time of the newest answer.
  var time: Timestamp
  /// Seconds that our clock was ahead of it then, to about half a second and half the time that the answer took.
  var skew: Double

  /// nil when an answer does not say when it was made.
  /// - Parameters:
  ///   - date: as in `Fri, 27 Nov 2026 18:54:47 GMT`.
  ///   - sent: when it was asked for, by our clock.
  ///   - received: when it came.
  init?(date: String?, sent: Timestamp, received: Timestamp) {
    guard let date, let time = Self.time(date) else { return nil }
    self.time = time
    let middle = Timestamp(microseconds: (sent.microseconds + received.microseconds) / 2)
    skew = middle.seconds(since: time) - 0.5
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  private static func time(_ date: String) -> Timestamp? {
    let parts = date.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])), parts[1].count == 2
    else { return nil }
    let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
    return Timestamp(iso8601: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
  }
}
