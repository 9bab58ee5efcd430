import Logging
import Synchronization
import Testing

@testable import ReportWorker

@Suite("The line in the log of a change", .timeLimit(.minutes(2)))
struct AuditLineTests {
  /// Hears the lines about changes.
  private struct Ear: LogHandler {
    final class Heard: Sendable {
      let lines = Mutex<[Logger.Metadata]>([])
    }

    let heard: Heard
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice
    var metadataProvider: Logger.MetadataProvider?

    init(_ heard: Heard) { self.heard = heard }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      guard event.message == "change by API" else { return }
      heard.lines.withLock { $0.append(event.metadata ?? [:]) }
    }
  }

  @Test("says who changed what, from what and to what; what was refused has none")
  func line() async throws {
    let heard = Ear.Heard()
    let logger = Logger(label: "test") { _ in Ear(heard) }
    let keys = [KeyRing.Key(name: "operator", secret: "o", tier: .admin)]
    try await ReportBench.with(keys: keys, logger: logger) { bench in
      try await bench.addCheckpoint("C")
      let key = ["X-API-Key": "o"]
      let path = "/reports/checkpoints/C"
      #expect(try await bench.change(.patch, path + "/status", #"{"status": "SUBMITTED"}"#).status == 401)
      #expect(try await bench.change(.patch, path + "/status", #"{"status": "PAID"}"#, headers: key).status == 409)
      #expect(try await bench.change(.post, path + "/confirm", #"{"tx_hash": "t"}"#, headers: key).status == 200)
      let backfill =
        #"{"source": "s", "subject": "s", "kind": "k", "granularity": "g", "start": "2026-01-01", "#
        + #""end": "2026-01-02"}"#
      let job = try await bench.change(.post, "/reports/backfill", backfill, headers: key)
      #expect(job.status == 201)
      #expect(
        heard.lines.withLock { $0 } == [
          ["actor": "operator", "change": "confirm", "target": "C", "before": "PENDING", "after": "SUBMITTED t"],
          [
            "actor": "operator", "change": "backfill", "target": "\(job.json["id"]?.string ?? "")", "before": "none",
            "after": "pending",
          ],
        ])
    }
  }

  @Test("tells the state that a thing had and the one that is asked for; what is asked for again has no line")
  func asked() async throws {
    let heard = Ear.Heard()
    let logger = Logger(label: "test") { _ in Ear(heard) }
    try await ReportBench.with(logger: logger) { bench in
      try await bench.addCheckpoint("C", status: "SUBMITTED")
      try await bench.run(
        """
        INSERT INTO backfill_jobs (id, source, subject, kind, granularity, start_ts, end_ts, cursor_ts, status)
        VALUES ('J', 's', 's', 'k', 'g', '2026-01-01', '2026-01-02', '2026-01-01', 'running')
        """)
      try await bench.run(
        """
        INSERT INTO dead_letters (stream, entry_id, kind, cause, payload_jsonb, worker)
        VALUES ('scores.ready', '1-1', 'permanent', 'why', '{}', 'w')
        """)
      let letter = try await bench.store.pool.query("SELECT id FROM dead_letters")[0].int(0)
      let key = ["Idempotency-Key": "once"]
      for _ in 0..<2 {
        _ = try await bench.change(
          .patch, "/reports/checkpoints/C/status", #"{"status": "CLAIMABLE"}"#, headers: key)
        _ = try await bench.change(.post, "/reports/backfill/jobs/J/cancel", "{}")
        _ = try await bench.change(.post, "/reports/dead-letters/\(letter)/replay", "{}")
        _ = try await bench.change(.post, "/tournament/rounds", #"{"round_id": "r"}"#)
      }
      func line(_ change: String, _ target: String, _ before: String, _ after: String) -> Logger.Metadata {
        [
          "actor": "this machine", "change": "\(change)", "target": "\(target)", "before": "\(before)",
          "after": "\(after)",
        ]
      }
      #expect(
        heard.lines.withLock { $0 } == [
          line("status", "C", "SUBMITTED", "CLAIMABLE"), line("backfill.cancel", "J", "running", "cancelled"),
          line("dead-letter.replay", "\(letter)", "open", "replayed"), line("round.open", "r", "none", "open"),
        ])
    }
  }
}
