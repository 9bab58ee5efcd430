import ArgumentParser
import Competition
import Diagnosis
import Foundation
import ServiceKit

struct VerifyEndToEnd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-e2e",
    abstract:
      "Watches a running node through its report API until everything from feed to payout has been seen to work.",
    discussion: """
      Waits until each step is true, or the time is over: the API answers, models answer, predictions arrive, scores arrive
      and differ between models, the leaderboard ranks them, a checkpoint pays. API_KEY or API_KEY_FILE is sent where it is
      set. With the workers' variables the promises of `coordinator audit` that PostgreSQL shows are looked at as well, and
      what `coordinator doctor` finds to be wrong. Ends with 1 when a step failed or something is wrong, and says why. A
      checkpoint takes CHECKPOINT_INTERVAL_SECONDS: --skip checkpoint goes without.

      Where the contract (CRUNCH_CONTRACT) has no schedules, rounds by API are all there is, and the newest ones are looked
      at. --round posts one first, which needs a key that may change; its scores count like any other's.
      """)
  @Option(help: "Where the report API is.") var url = "http://127.0.0.1:8000"
  @Option(help: "Seconds until what is not true has failed, 1 to 86,400.") var seconds = 180
  @Option(help: "A step to leave out: models, predictions, scores, leaderboard, checkpoint; may be repeated.")
  var skip: [EndToEndStep] = []
  @Option(help: #"File with a round to post: {"features": [...], "ground_truth": [...]}; - reads standard input."#)
  var round: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds is from 1 to 86400") }
    guard let parts = URL(string: url), ["http", "https"].contains(parts.scheme), parts.host != nil else {
      throw ValidationError("--url must be as http://host:8000")
    }
  }

  func run() async throws {
    let settings = NodeSettings()
    let node = ReportClient(url: url, apiKey: settings.report.apiKey)
    let watch = EndToEndWatch(
      node: node, steps: EndToEndStep.allCases.filter { !skip.contains($0) }, limit: .seconds(seconds),
      hasOnlyRounds: settings.seed.path == nil && settings.report.contract.hasOnlyRounds)
    let isQuiet = output.json
    var results: [EndToEndResult] = []
    if let round {
      let posted = await post(try trial(round), to: node)
      if !isQuiet { Terminal.line(Self.line(posted)) }
      results.append(posted)
    }
    results += await watch.run { result in
      if !isQuiet { Terminal.line(Self.line(result)) }
    }
    let environment = settings.reader.environment
    let knowsNode = ["DATABASE_URL", "DATABASE_URL_FILE", "POSTGRES_HOST"].contains {
      environment[$0]?.isEmpty == false
    }
    if knowsNode {
      let audit = await Self.audit()
      if !isQuiet { Terminal.line(Self.line(audit)) }
      results.append(audit)
    }
    // Asked always: a contract or a clock that is wrong may leave every step as it was.
    let causes = knowsNode ? await Self.causes(settings) : []
    let isWell = results.allSatisfy(\.isTrue) && causes.isEmpty
    if output.json {
      Terminal.json(
        .object([
          "verified": .bool(isWell), "url": .string(url),
          "steps": .array(
            results.map {
              .object([
                "step": .string($0.step), "true": .bool($0.isTrue), "detail": .string($0.detail),
                "seconds": .double(($0.seconds * 10).rounded() / 10),
              ])
            }), "causes": .array(causes.map(\.json)),
        ]))
    } else {
      Terminal.line(isWell ? "\nthe node works from end to end" : "\nnot verified: see what failed or is wrong")
      for line in causes.flatMap(Doctor.lines) { Terminal.line(line) }
    }
    if !isWell { throw ExitCode(1) }
  }

  private func trial(_ path: String) throws -> TrialRound {
    do { return try TrialRound(reading: path) } catch { throw ValidationError("--round: \(error)") }
  }

  private func post(_ round: TrialRound, to node: ReportClient) async -> EndToEndResult {
    let started = ContinuousClock.now
    let id = "verify-" + Timestamp.now().idSeconds
    let outcome: (isTrue: Bool, detail: String)
    do {
      outcome = (true, try await round.post(to: node, id: id, within: .seconds(seconds)))
    } catch { outcome = (false, "\(error)") }
    return EndToEndResult(
      step: "round", isTrue: outcome.isTrue, detail: outcome.detail,
      seconds: (ContinuousClock.now - started) / .seconds(1))
  }

  private static func line(_ result: EndToEndResult) -> String {
    let name = result.step.padding(toLength: 12, withPad: " ", startingAt: 0)
    return "\(result.isTrue ? "ok  " : "FAIL")  \(name)  \(result.detail)  (\(Spoken.span(result.seconds)))"
  }

  /// What `coordinator doctor` finds to be wrong.
  private static func causes(_ settings: NodeSettings) async -> [Finding] {
    let checks = Doctor.checks(settings, timeout: 10, folders: Doctor.usualFolders)
    return await Doctor.examine(checks, limit: .seconds(10)).filter(\.isWrong)
  }

  private static func audit() async -> EndToEndResult {
    let started = ContinuousClock.now
    func result(_ isTrue: Bool, _ detail: String) -> EndToEndResult {
      EndToEndResult(
        step: "audit", isTrue: isTrue, detail: detail, seconds: (ContinuousClock.now - started) / .seconds(1))
    }
    do {
      let findings = try await Connection().store.audit.findings()
      let broken = findings.filter { $0.violations > 0 }
      guard let first = broken.first else { return result(true, "\(findings.count) promises hold in PostgreSQL") }
      return result(
        false, "\(first.violations) times not: \(first.promise)\(first.example.map { ", such as \($0)" } ?? "")")
    } catch {
      return result(false, "PostgreSQL could not be looked at: \(error)")
    }
  }
}

extension EndToEndStep: ExpressibleByArgument {}
