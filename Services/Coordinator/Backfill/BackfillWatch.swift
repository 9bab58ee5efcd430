import ArgumentParser
import Competition
import Foundation
import ServiceKit
import Store

/// Follows jobs until all are done: bars that move on a terminal, lines elsewhere, a JSON object a change for programs.
struct BackfillWatch: Sendable {
  let backfills: BackfillStore
  let ids: [String]
  let json: Bool

  /// How long a job may wait until it is said that nobody takes it.
  private static let patience = 10.0
  private static let pause: Duration = .milliseconds(300)

  /// - Throws: exit code 1 when a job was not completed, 130 after Ctrl-C, which leaves them running.
  func follow() async throws {
    let signals = await StopSignals()
    let isDone = try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await followToTheEnd()
        return true
      }
      group.addTask {
        await signals.wait(seconds: nil)
        return false
      }
      defer { group.cancelAll() }
      return try await group.next() ?? false
    }
    guard isDone else {
      for id in ids {
        Terminal.complain(
          "job \(id) goes on without this command; `coordinator backfill show \(id) --follow` follows it again, "
            + "`coordinator backfill cancel \(id)` ends it")
      }
      throw ExitCode(130)
    }
  }

  private func followToTheEnd() async throws {
    var screen = Lines(json: json)
    let began = Timestamp.now()
    var first: [String: BackfillJob] = [:]
    var hasWarned = false
    while true {
      try Task.checkCancellation()
      var jobs: [BackfillJob] = []
      for id in ids { if let job = try await backfills.job(id: id) { jobs.append(job) } }
      let now = Timestamp.now()
      for job in jobs where first[job.id] == nil && job.status != "pending" { first[job.id] = job }
      screen.show(jobs) { job in first[job.id].flatMap { left(of: job, since: $0) } }
      if jobs.allSatisfy({ !$0.isOpen }) {
        if !jobs.allSatisfy({ $0.status == "completed" }) { throw ExitCode(1) }
        return
      }
      if !hasWarned, now.seconds(since: began) > Self.patience, jobs.allSatisfy({ $0.status == "pending" }) {
        hasWarned = true
        Terminal.complain("no feed worker has taken it yet; is feed-data-worker running on this database?")
      }
      await rest(Self.pause)
    }
  }

  /// Seconds until the end at the pace of since `first` was seen.
  private func left(of job: BackfillJob, since first: BackfillJob) -> Double? {
    let took = job.updatedAt.seconds(since: first.updatedAt)
    let done = job.progress - first.progress
    return took > 1 && done > 0 ? (100 - job.progress) / done * took : nil
  }

  /// What was shown last, so that only news are.
  private struct Lines {
    let json: Bool
    private var shown: [String: String] = [:]
    private var height = 0

    init(json: Bool) { self.json = json }

    mutating func show(_ jobs: [BackfillJob], left: (BackfillJob) -> Double?) {
      if !json, Terminal.isInteractive {
        let up = height > 0 ? "\u{1B}[\(height)A" : ""
        Terminal.write(up + jobs.map { "\u{1B}[2K\(BackfillText.progress($0, left: left($0)))\n" }.joined())
        height = jobs.count
        return
      }
      for job in jobs where shown[job.id] != mark(job) {
        shown[job.id] = mark(job)
        json ? Terminal.json(BackfillText.json(job)) : Terminal.line(BackfillText.progress(job, left: left(job)))
      }
    }

    /// What has to change until a job is shown again: for people not each page.
    private func mark(_ job: BackfillJob) -> String {
      json ? "\(job.status) \(job.recordsWritten) \(job.pagesFetched)" : "\(job.status) \(Int(job.progress / 10))"
    }
  }
}
