import ArgumentParser
import Bus
import Competition
import Foundation
import ServiceKit
import Store

struct Audit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks what must hold whatever fails, from PostgreSQL and Redis alone.",
    discussion: """
      May run beside a node that works: what is in progress breaks no promise. What looks wrong is looked at again until it
      has been so for --settle seconds. Ends with 1 when a promise is broken. BUS_LEASE_SECONDS, BUS_STREAM_LENGTH and the
      rest are read as the workers read them.
      """)
  @Option(help: "Seconds that something must look wrong before it counts.") var settle = 3.0
  @Option(help: "Seconds on top of 10 that a due prediction may be without an entry in Redis.") var grace = 5.0
  // A dead worker counts as gone after 15 s, a consumer that no worker registered after 60 s; then the leader cleans up.
  @Option(help: "Seconds that a member of a group may be idle that is no live worker.") var consumerGrace = 75.0
  @Flag(help: "The node has drained: nothing is in progress, and every prediction has ended.") var atRest = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard [settle, grace, consumerGrace].allSatisfy((0...SettingSpan.longestSeconds).contains) else {
      throw ValidationError("--settle, --grace and --consumer-grace are seconds, at least 0 and at most ten years")
    }
  }

  func run() async throws {
    let connection = try Connection()
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let lease = ScoreSettings(&reader).leaseSeconds
    try Connection.check(reader.problems)
    let schema = try await connection.store.migrator.status()
    guard schema == .current else {
      Terminal.complain("\(schema)")
      throw ExitCode(1)
    }
    let work = WorkAudit(
      store: connection.store, bus: connection.bus, settle: .seconds(settle), overdueSeconds: 10 + grace)
    let streams = StreamAudit(
      store: connection.store, bus: connection.bus, settle: .seconds(settle), leaseSeconds: lease,
      streamLength: connection.common.streamLength, consumerGrace: .seconds(consumerGrace))
    let findings = try await connection.store.audit.findings(atRest: atRest) + work.findings() + streams.findings()
    let ordered = Invariant.allCases.flatMap { invariant in findings.filter { $0.invariant == invariant } }
    if output.json { Terminal.json(Self.json(ordered)) } else { Self.print(ordered) }
    guard ordered.allSatisfy({ $0.violations == 0 }) else { throw ExitCode(1) }
  }

  private static func json(_ findings: [AuditFinding]) -> JSON {
    .object([
      "holds": .bool(findings.allSatisfy { $0.violations == 0 }),
      "findings": .array(
        findings.map {
          .object([
            "invariant": .string($0.invariant.rawValue), "promise": .string($0.promise), "checked": JSON($0.checked),
            "violations": JSON($0.violations), "example": JSON($0.example), "skipped": JSON($0.skipped),
          ])
        }),
    ])
  }

  private static func print(_ findings: [AuditFinding]) {
    let rows = findings.map { finding in
      [
        finding.invariant.rawValue, String(finding.checked), String(finding.violations), finding.promise,
        finding.skipped.map { "not checked: \($0)" } ?? finding.example.map { "such as \($0)" } ?? "",
      ]
    }
    Terminal.line(Terminal.table(["", "checked", "violations", "promise", ""], rows, right: [1, 2]))
    let broken = findings.filter { $0.violations > 0 }.count
    Terminal.line(broken == 0 ? "\nall promises hold" : "\n\(broken) promises are broken; see `coordinator explain ID`")
  }
}
