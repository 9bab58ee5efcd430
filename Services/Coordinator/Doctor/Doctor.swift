import ArgumentParser
import Competition
import Diagnosis
import Foundation
import ServiceKit
import Store

struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Looks at everything that a node needs, and says what is wrong, why, and what to do.",
    discussion: """
      Give it the variables of the workers. Looks at variables, PostgreSQL, Redis, clocks, schema, contract, streams, models,
      feed and disks, all at the same time, each with a time of its own; changes nothing and asks models nothing. Ends with
      0 when nothing is wrong, with 1 when something is, and with 78 when it is a setting that workers refuse.
      """)
  @Option(help: "Seconds that each look may take, 1 to 600.") var timeout = 15.0
  @Option(help: "A folder on whose disk the node writes; may be repeated. Without it: .run and this folder.")
  var folder: [String] = []
  @Flag(help: "Show what is well, too.") var all = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...600).contains(timeout) else { throw ValidationError("--timeout is from 1 to 600 seconds") }
  }

  func run() async throws {
    let folders = folder.isEmpty ? Self.usualFolders : folder
    let findings = await Self.examine(
      Self.checks(NodeSettings(), timeout: timeout, folders: folders), limit: .seconds(timeout))
    if output.json { Terminal.json(Self.json(findings)) } else { Terminal.line(Self.text(findings, all: all)) }
    let code = Self.exitCode(findings)
    if code != 0 { throw ExitCode(code) }
  }

  static var usualFolders: [String] { [".run", FileManager.default.currentDirectoryPath] }

  static func checks(_ settings: NodeSettings, timeout: Double, folders: [String]) -> [any Check] {
    var database = settings.common.database
    database.applicationName = "coordinator-doctor"
    database.statementTimeout = timeout
    // A connection for each check that runs at the same time.
    let store = Store(database, connections: 6)
    let bus = settings.bus(clientName: "coordinator-doctor")
    let isAskedByClock = settings.seed.path != nil || !settings.seed.contract.hasOnlyRounds
    return [
      EnvironmentCheck(settings: settings),
      PostgresCheck(store: store, poolSize: settings.common.databasePoolSize),
      RedisCheck(configuration: settings.common.redis, keyPrefix: settings.common.keyPrefix),
      ClockCheck(store: store, redis: settings.common.redis),
      SchemaCheck(store: store, needsConfigs: isAskedByClock),
      ContractCheck(settings: settings),
      StreamCheck(bus: bus, store: store, leaseSeconds: settings.score.leaseSeconds),
      ModelCheck(settings: settings, store: store, patience: .seconds(timeout * 0.8)),
      FeedCheck(feed: settings.seed.feed, store: store, isNeeded: isAskedByClock),
      DiskCheck(folders: folders),
    ]
  }

  /// What all checks find, in the order of the checks.
  static func examine(_ checks: [any Check], limit: Duration) async -> [Finding] {
    await withTaskGroup(of: (Int, [Finding]).self) { group in
      for (index, check) in checks.enumerated() {
        group.addTask { (index, await check.findings(within: limit)) }
      }
      var found: [Int: [Finding]] = [:]
      for await (index, findings) in group { found[index] = findings }
      return checks.indices.flatMap { found[$0] ?? [] }
    }
  }

  static func exitCode(_ findings: [Finding]) -> Int32 {
    if findings.contains(where: { $0.severity == .misconfigured }) { return ServiceMain.exitConfiguration }
    return findings.contains(where: \.isWrong) ? 1 : 0
  }

  private static func json(_ findings: [Finding]) -> JSON {
    .object([
      "well": .bool(!findings.contains(where: \.isWrong)), "findings": .array(findings.map(\.json)),
    ])
  }

  static func lines(_ finding: Finding) -> [String] {
    let mark =
      switch finding.severity {
      case .ok: "ok  "
      case .note: "note"
      case .problem, .misconfigured: "FAIL"
      }
    return ["\(mark)  \(finding.area.rawValue): \(finding.what)"]
      + (finding.cause.map { ["      cause:  \($0)"] } ?? []) + (finding.remedy.map { ["      remedy: \($0)"] } ?? [])
  }

  private static func text(_ findings: [Finding], all: Bool) -> String {
    var lines = findings.filter { all || $0.isWrong || $0.severity == .note }.flatMap(Self.lines)
    let wrong = findings.count(where: \.isWrong)
    let areas = Set(findings.map(\.area)).count
    lines.append(wrong == 0 ? "all is well in \(areas) areas" : "\(wrong) findings")
    return lines.joined(separator: "\n")
  }
}
