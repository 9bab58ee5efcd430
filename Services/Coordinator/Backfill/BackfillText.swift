import Competition
import Store

/// How jobs are written.
enum BackfillText {
  static func write(_ jobs: [BackfillJob], json asJSON: Bool) {
    if asJSON {
      for job in jobs { Terminal.json(json(job)) }
      return
    }
    Terminal.line(
      Terminal.table(
        ["id", "feed", "from", "to", "into", "status", "done", "records", "pages"],
        jobs.map { job in
          [
            job.id, "\(job.source) \(job.subject) \(job.kind) \(job.granularity)", minute(job.start), minute(job.end),
            job.destination.rawValue, job.status, percent(job), String(job.recordsWritten), String(job.pagesFetched),
          ]
        }, right: [6, 7, 8]))
  }

  static func json(_ job: BackfillJob) -> JSON {
    .object([
      "id": .string(job.id), "source": .string(job.source), "subject": .string(job.subject), "kind": .string(job.kind),
      "granularity": .string(job.granularity), "start_ts": .string(job.start.iso8601(.z)),
      "end_ts": .string(job.end.iso8601(.z)), "cursor_ts": JSON(job.cursor?.iso8601(.z)),
      "records_written": .int(job.recordsWritten), "pages_fetched": .int(job.pagesFetched),
      "status": .string(job.status), "error": JSON(job.error), "created_at": .string(job.createdAt.iso8601(.z)),
      "updated_at": .string(job.updatedAt.iso8601(.z)), "destination": .string(job.destination.rawValue),
      "progress_pct": .double(job.progress),
    ])
  }

  /// One line of somebody who follows: `BTCUSDT 1m  [######----]  61 %  5,270 records  …`.
  /// - Parameter left: seconds until the end, where they can be told.
  static func progress(_ job: BackfillJob, left: Double?) -> String {
    let width = 24
    let filled = Int(job.progress / 100 * Double(width))
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
    var line = "\(job.subject) \(job.granularity)  [\(bar)]  \(percent(job))  \(job.recordsWritten) records"
    switch job.status {
    case "running": line += left.map { "  about \(span($0)) left" } ?? ""
    case "pending": line += "  waits for the feed worker"
    default: line += "  \(job.status)" + (job.error.map { ": \($0)" } ?? "")
    }
    return line
  }

  private static func percent(_ job: BackfillJob) -> String { "\(Int(job.progress)) %" }
  private static func minute(_ time: Timestamp) -> String { String(time.iso8601(.z).prefix(16)) }

  static func span(_ seconds: Double) -> String {
    switch seconds {
    case ..<90: "\(Int(seconds.rounded(.up))) s"
    case ..<5_400: "\(Int((seconds / 60).rounded(.up))) min"
    default: "\(Int((seconds / 3_600).rounded(.up))) h"
    }
  }
}
