import ArgumentParser
import Competition
import Foundation
import ServiceKit
import Store

extension BackfillDestination: ExpressibleByArgument {}

struct Backfill: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fetches the past of feeds, into the table of records or into Parquet files.",
    discussion: """
      The feed worker does it, page by page and several subjects side by side; this command asks for it and follows. Ctrl-C
      leaves it running. A worker that ends leaves off where the next one goes on. What is fetched fires no prediction.

        coordinator backfill --subject BTCUSDT,ETHUSDT --from 7d
        coordinator backfill --subject BTCUSDT --granularity 1h --from 2025-01-01 --to 2026-01-01 --into parquet
      """,
    subcommands: [Start.self, List.self, Show.self, Cancel.self], defaultSubcommand: Start.self)
}

extension Backfill {
  struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Asks for the past of feeds, and follows until it is there.")
    @OptionGroup var feeds: FeedChoice
    @Option(help: "Since when: 2026-02-01, 2026-02-01T12:00, or how long ago, as 6h or 7d.") var from: Moment
    @Option(help: "Until when; without it until now.") var to: Moment?
    @Option(help: "Where to: records (table feed_records) or parquet (files in BACKFILL_DATA_DIR of the worker).")
    var into: BackfillDestination = .records
    @Flag(help: "Do not follow.") var detach = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let now = Timestamp.now()
      let (start, end) = (from.time(now: now), to?.time(now: now) ?? now)
      guard start < end else { throw ValidationError("--from \(start) is not before --to \(end)") }
      let requests = try feeds.keys().map { key in
        BackfillRequest(
          source: key.source, subject: key.subject, kind: key.kind.rawValue, granularity: key.granularity, start: start,
          end: end, destination: into)
      }
      let backfills = try Connection().store.backfills
      let (jobs, busy) = try await backfills.request(requests, by: AdminAction(actor: "coordinator"))
      if let busy {
        Terminal.complain(
          "backfill job \(busy.id) is already \(busy.status); `coordinator backfill show \(busy.id) --follow` follows it, "
            + "`coordinator backfill cancel \(busy.id)` ends it")
        throw ExitCode(1)
      }
      if detach { return BackfillText.write(jobs, json: output.json) }
      try await BackfillWatch(backfills: backfills, ids: jobs.map(\.id), json: output.json).follow()
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists jobs, the newest first.")
    @Option(name: .shortAndLong, help: "How many.") var count = 20
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let jobs = try await Connection().store.backfills.newest(limit: count)
      if jobs.isEmpty, !output.json { return Terminal.line("no backfill was asked for") }
      BackfillText.write(jobs, json: output.json)
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows a job, and how far it has come.")
    @Argument(help: "Id of the job.") var id: String
    @Flag(name: .shortAndLong, help: "Follow it until it is done.") var follow = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let backfills = try Connection().store.backfills
      guard let job = try await backfills.job(id: id) else { throw Self.unknown(id) }
      if follow { return try await BackfillWatch(backfills: backfills, ids: [id], json: output.json).follow() }
      BackfillText.write([job], json: output.json)
      if let error = job.error, !output.json { Terminal.line("\n\(job.status): \(error)") }
    }

    static func unknown(_ id: String) -> ExitCode {
      Terminal.complain("there is no backfill job \(id); `coordinator backfill list` lists them")
      return ExitCode(1)
    }
  }

  struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ends a job before its end; what is fetched stays.",
      discussion: "The worker notices before it asks for the next page.")
    @Argument(help: "Id of the job.") var id: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let backfills = try Connection().store.backfills
      guard let job = try await backfills.cancel(id: id) else {
        guard let known = try await backfills.job(id: id) else { throw Show.unknown(id) }
        Terminal.complain("backfill job \(id) is already \(known.status); nothing was done")
        throw ExitCode(1)
      }
      if output.json { return Terminal.json(BackfillText.json(job)) }
      Terminal.line("cancelled; \(job.recordsWritten) records up to \(job.cursor ?? job.start) are kept")
    }
  }
}
