import ArgumentParser
import Competition
import Foundation
import ServiceKit
import Store

struct Feed: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Looks at feeds: what is there, what comes, what is missing and what is odd; and records them.",
    discussion: """
        coordinator feed list
        coordinator feed tail --subject BTCUSDT --follow
        coordinator feed gaps --since 30d --repair
        coordinator feed record day.jsonl.gz --from 2026-02-12 --to 2026-02-13
      """,
    subcommands: [List.self, Tail.self, Gaps.self, Findings.self, RecordFeed.self], defaultSubcommand: List.self)
}

extension Feed {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists feeds with their last value, its age, and how much is stored.",
      discussion: "The age is that of the newest record: of a candle since it closed, of a tick since it came about.")
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let store = try Connection().store
      let now = try await store.now()
      let open = Dictionary(
        grouping: try await store.gaps.list(includesRepaired: false, limit: 100_000), by: \.key)
      var rows: [FeedRow] = []
      for feed in try await FeedCounts(store: store.report).feeds() {
        rows.append(
          FeedRow(
            feed: feed, newest: try await store.feeds.newest(of: feed.key),
            gaps: (open[feed.key] ?? []).count { $0.state == .open }, now: now))
      }
      if output.json {
        for row in rows { Terminal.json(row.json) }
        return
      }
      if rows.isEmpty { return Terminal.line("no feed has records yet; feed-data-worker takes them in") }
      Terminal.line(
        Terminal.table(
          ["source", "subject", "kind", "granularity", "last", "age", "records", "from", "gaps"], rows.map(\.cells),
          right: [4, 5, 6, 8]))
    }
  }

  struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows the newest records, the oldest of them first.",
      discussion: """
        With --follow it goes on with all that comes, until Ctrl-C; a candle that changes is shown again. What a repair or a
        backfill brings of long before is not.
        """)
    @OptionGroup var feeds: FeedChoice
    @Option(name: .shortAndLong, help: "How many.") var count = 10
    @Flag(name: .shortAndLong, help: "Go on with what comes.") var follow = false
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard (1...10_000).contains(count) else { throw ValidationError("--count is \(count); expected 1 to 10000") }
    }

    func run() async throws {
      let tail = FeedTail(store: try Connection().store, filter: feeds.filter, count: count, json: output.json)
      if follow { return try await tail.follow() }
      let records = try await tail.newest()
      if records.isEmpty, !output.json { return Terminal.line("no records") }
      tail.write(records)
    }
  }

  struct Gaps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists what is missing, candles and spans of ticks, and has it fetched.",
      discussion: """
        The feed worker finds gaps and asks its provider for them: a minute after they came about, then ever more rarely for
        a day. Then they count as absent; --repair has them, and all that is open, asked for at once. --since looks through
        older records first.
        """)
    @OptionGroup var feeds: FeedChoice
    @Flag(help: "Have what is missing asked for at once, also what was given up.") var repair = false
    @Option(help: "Look through all records since then first: a date, or how long ago, as 30d.") var since: Moment?
    @Flag(help: "Also gaps that are filled by now.") var all = false
    @Option(name: .shortAndLong, help: "How many.") var count = 50
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let store = try Connection().store
      if let since { try await look(store, since: since.time(now: .now())) }
      let gaps = try await store.gaps.list(includesRepaired: all, limit: 1_000_000).filter {
        feeds.filter.includes($0.key)
      }
      if repair {
        let asked = try await store.gaps.repair(gaps.map(\.id))
        if !output.json {
          return Terminal.line(
            asked == 0
              ? "nothing is missing"
              : "\(asked) gaps are asked for within half a minute; `coordinator feed gaps` shows what is left")
        }
      }
      if output.json {
        for gap in gaps.prefix(count) { Terminal.json(FeedText.json(gap)) }
        return
      }
      if gaps.isEmpty { return Terminal.line(all ? "no gap was found" : "nothing is missing") }
      Terminal.line(
        Terminal.table(
          ["feed", "first missing", "next there", "missing", "state", "looks", "why"],
          gaps.prefix(count).map(FeedText.cells),
          right: [3, 5]))
      if gaps.count > count { Terminal.line("… and \(gaps.count - count) more; --count shows them") }
    }

    private func look(_ store: Store, since: Timestamp) async throws {
      for feed in try await store.feeds.streams() where feed.key.kind == .candle && feeds.filter.includes(feed.key) {
        guard let step = Granularity(feed.key.granularity)?.seconds else { continue }
        _ = try await store.gaps.look(at: feed.key, since: since, stepSeconds: step)
      }
    }
  }

  struct Findings: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists what was odd about records, the newest first.",
      discussion: """
        outlier: a price further from the one before than FEED_OUTLIER_FRACTION. clock_skew: a record of a time that our clock
        has not reached. late: records that came after much newer ones. revised: a closed candle that was told anew, and
        differs. Nothing is left out for it.
        """)
    @OptionGroup var feeds: FeedChoice
    @Option(name: .shortAndLong, help: "How many.") var count = 50
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let findings = try await Connection().store.findings.list(limit: feeds.isEmpty ? count : 100_000)
        .filter { feeds.filter.includes($0.key) }.prefix(count)
      if output.json {
        for finding in findings { Terminal.json(FeedText.json(finding)) }
        return
      }
      if findings.isEmpty { return Terminal.line("nothing odd was found") }
      Terminal.line(
        Terminal.table(["found", "feed", "finding", "time", "detail"], findings.map(FeedText.cells)))
    }
  }
}
