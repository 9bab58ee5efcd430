import ChildProcesses
import Competition
import Foundation
import TestKit
import Testing

/// The program of `Tests/Examples/package`, which has its contract as a value.
@Suite("A competition whose contract is a value in Swift", .timeLimit(.minutes(3)))
struct NodeProgramTests {
  private struct Run {
    var code: Int32?
    var text: String
  }

  private func run(_ arguments: [String], _ environment: [String: String?] = [:]) async throws -> Run {
    let (code, lines) = try await RunningProcess.run(Executables.products + "/my-crunch", arguments, environment)
    return Run(code: code, text: lines.joined(separator: "\n"))
  }

  @Test("prints it as a file that says the same")
  func contract() async throws {
    let printed = try await run(["contract"])
    #expect(printed.code == 0)
    let contract = try ContractFile.contract(from: printed.text)
    #expect(contract.scoring == .builtin(.squaredError) && contract.schedules?.count == 2)
    #expect(contract.metrics == ["ic", "hit_rate"] && contract.ensembles.map(\.filter) == [.top(5)])
  }

  @Test("runs workers under it, and each stores the contract that the program has")
  func worker() async throws {
    let redis = try #require(ProcessInfo.processInfo.environment["TEST_REDIS_URL"])
    let contract = try ContractFile.contract(from: try await run(["contract"]).text)
    try await TestDatabase.with { database in
      let prefix = TestRedis.prefix()
      for worker in ["score-worker", "checkpoint-worker"] {
        try await database.store.pool.query("DELETE FROM contracts")
        let process = RunningProcess(
          ChildProcess(
            executable: try Executables.products + "/my-crunch", arguments: [worker],
            environment: [
              "DATABASE_URL": database.url, "REDIS_URL": redis, "REDIS_KEY_PREFIX": prefix, "HEALTH_PORT": "0",
            ]))
        try await waitUntil("\(worker) stores its contract") {
          try await database.store.pool.query("SELECT digest FROM contracts").first?.text(0) == contract.digest
        }
        process.signal(SIGTERM)
        #expect(try await process.ending.exitCode == 0, "\(process.lines)")
      }
      try await TestRedis.removeAll(prefix)
    }
  }

  @Test("says what it can be, answers for each of that, and wants no file beside its value")
  func arguments() async throws {
    let nothing = try await run([])
    #expect(nothing.code == 64 && nothing.text.contains("predict-worker, score-worker"))
    let help = try await run(["report-worker", "--help"])
    #expect(help.code == 0 && help.text.contains("REPORT_PORT"))
    let unknown = try await run(["score-worker", "--fast"])
    #expect(unknown.code == 64 && unknown.text.contains("--fast"))
    let both = try await run(["score-worker"], ["CRUNCH_CONTRACT": "contract.yaml"])
    #expect(both.code == 78 && both.text.contains("has its contract as a value"), "\(both.text)")
  }

  /// The folder can be copied: what it names is there.
  @Test("the package's manifest names products of this one")
  func manifest() async throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
    func manifest(_ folder: URL) async throws -> JSON {
      // A scratch folder of its own: whoever runs these tests may hold the package's.
      let scratch = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
      let (code, lines) = try await RunningProcess.run(
        "/usr/bin/env",
        ["swift", "package", "dump-package", "--package-path", folder.path, "--scratch-path", scratch])
      try #require(code == 0, "\(lines)")
      let text = lines.drop { !$0.hasPrefix("{") }.prefix { $0 != "}" } + ["}"]
      return try JSON(parsing: text.joined(separator: "\n"))
    }
    let example = try await manifest(root.appending(path: "Tests/Examples/package"))
    let wanted = example["targets"]?.array?.first?["dependencies"]?.array?.first?["product"]?.array?.first?.string
    let products = try await manifest(root)["products"]?.array?.compactMap { $0["name"]?.string } ?? []
    #expect(wanted.map(products.contains) == true, "\(wanted ?? "none") of \(products)")
  }
}
