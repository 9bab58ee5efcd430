import Competition
import Foundation

/// Minute candles that have just been, in a file that a node plays as fast as it can.
struct MinuteTape: Sendable {
  let path: String
  let subjects: [String]

  /// - Parameter lines: `time,subject,open,high,low,close,volume`, without the header, in order of time. Whole hours are added to the
  ///   times, so that the last candle ended within the last hour.
  init(_ lines: [String], path: String) throws {
    let rows = lines.map { $0.split(separator: ",", maxSplits: 2).map(String.init) }
    guard let newest = rows.last.flatMap({ Timestamp(iso8601: $0[0]) }) else { throw MinuteTapeError(path: path) }
    let hours = Int((Date().timeIntervalSince1970 - newest.timeInterval - 120) / 3_600)
    let moved = try rows.map { row in
      guard let time = Timestamp(iso8601: row[0]) else { throw MinuteTapeError(path: path) }
      return "\(time.adding(seconds: 3_600 * hours).iso8601(.z)),\(row[1]),\(row[2])"
    }
    try (["time,subject,open,high,low,close,volume"] + moved).joined(separator: "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
    self.path = path
    subjects = Set(rows.map { $0[1] }).sorted()
  }

  /// The variables of a node that plays it once.
  var variables: [String: String] {
    [
      "FEED_PROVIDER": "replay", "FEED_SOURCE": "tape", "FEED_SUBJECTS": subjects.joined(separator: ","),
      "FEED_KIND": "candle", "FEED_GRANULARITY": "1m", "FEED_OPT_PATH": path, "FEED_OPT_GRANULARITY": "1m",
      "FEED_OPT_SPEED": "max",
    ]
  }
}

private struct MinuteTapeError: Error {
  var path: String
}
