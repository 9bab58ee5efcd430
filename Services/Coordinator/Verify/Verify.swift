import ArgumentParser
import Competition
import Foundation
import ServiceKit
import Store

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Recomputes everything that pays from what it was made of; says yes, or which row differs first.",
    discussion: """
      Truths from feed records, scores from outputs and truths, snapshots from scores, the chain of evidence, checkpoints
      with their emission, and the leaderboard. Ends with 1 at the first value that differs, and with 78 when the settings
      are wrong. Why a function failed on an output is not compared with why it fails now. What cannot be recomputed any
      more, for instance because old feed records are deleted, is said as not covered. CRUNCH_CONTRACT, SCORING_FUNCTION and
      the variables of the feed must be those that the workers have. May run beside a node that works.
      """)
  @Option(help: "Only what this checkpoint counts.") var checkpoint: String?
  @Option(help: "Only buckets that ended after this time, in ISO 8601.") var from: String?
  @Option(help: "Only buckets that ended by this time.") var to: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    for (name, text) in [("--from", from), ("--to", to)] {
      guard let text, Timestamp(iso8601: text) == nil else { continue }
      throw ValidationError("\(name) \(text) is no time: write it as 2026-02-13T12:00:00Z")
    }
    if checkpoint != nil, from != nil || to != nil {
      throw ValidationError("--checkpoint has its own period: leave out --from and --to")
    }
  }

  func run() async throws {
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let settings = ScoreSettings(&reader)
    try Connection.check(reader.problems)
    let function = try await Callable.usable { try await settings.scoring.load(logger: Terminal.silence) }
    let store = try Connection.forLongReads()
    let schema = try await store.migrator.status()
    guard schema == .current else {
      Terminal.complain("\(schema)")
      throw ExitCode(1)
    }
    let stored = try await store.evidence.view { try await $0.contracts() }
    let book: ContractBook
    do {
      book = try ContractBook(
        present: settings.contract, function: function, stored: stored, source: settings.scoring)
    } catch let error as ContractError {
      Terminal.complain("a stored contract cannot be read by this build: \(error)")
      throw ExitCode(78)
    }
    let verification = Verification(
      store: store, span: try await span(store),
      book: book,
      truths: TruthCheck(
        store: store, book: book,
        resolver: GroundTruthResolver(
          contract: settings.contract, graceSeconds: settings.graceSeconds, maxWaitSeconds: settings.maxWaitSeconds),
        fallback: settings.feed.keys[0]))
    let report = try await verification.report()
    output.json ? Terminal.json(report.json) : Terminal.line(report.text)
    if report.difference != nil { throw ExitCode(1) }
  }

  private func span(_ store: Store) async throws -> EvidenceView.Span {
    guard let checkpoint else {
      let all = EvidenceView.Span.all
      return EvidenceView.Span(
        start: from.flatMap { Timestamp(iso8601: $0) } ?? all.start,
        end: to.flatMap { Timestamp(iso8601: $0) } ?? all.end)
    }
    guard let found = try await store.report.checkpoint(id: checkpoint) else {
      Terminal.complain("there is no checkpoint \(checkpoint); `coordinator explain` finds what an id is of")
      throw ExitCode(1)
    }
    return EvidenceView.Span(start: found.periodStart, end: found.periodEnd)
  }
}
