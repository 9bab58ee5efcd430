import ChildProcesses
import Competition
import Foundation
import Store
import TestKit
import Testing

@testable import Coordinator
@testable import Feeds

@Suite("coordinator init", .timeLimit(.minutes(10)))
struct WorkspaceTests {
  /// Runs `body` with a workspace that the command wrote.
  private static func with(_ pack: Pack, _ body: @Sendable (Command, String) async throws -> Void) async throws {
    let parent = NSTemporaryDirectory() + "/workspace-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    let folder = parent + "/my-challenge"
    try await Command.with(.nothing) { command in
      let run = try await command.run("init", folder, "--pack", pack.rawValue)
      #expect(run.exitCode == 0, "\(run.text)")
      try await body(command, folder)
    }
    try FileManager.default.removeItem(atPath: parent)
  }

  private static func python(_ folder: String, _ arguments: String...) async throws -> (Int32?, [String]) {
    let process = RunningProcess(
      ChildProcess(
        executable: try ModelPython.executable(), arguments: ["-B"] + arguments, workingDirectory: folder + "/challenge"
      ))
    let ending = try await process.ending
    return (ending.exitCode, process.lines)
  }

  @Test("what it writes passes its own tests at once, and its contract holds", arguments: Pack.allCases)
  func passes(_ pack: Pack) async throws {
    try await Self.with(pack) { command, folder in
      let check = try await command.run("contract", "check", folder + "/node/contract.yaml")
      #expect(check.exitCode == 0, "\(check.text)")
      let (code, lines) = try await Self.python(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
      #expect(code == 0, "\(lines.joined(separator: "\n"))")
      let named = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(named == [".gitignore", "Makefile", "README.md", "challenge", "node"])
      for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
        guard let data = FileManager.default.contents(atPath: folder + "/" + path) else { continue }
        #expect(!String(decoding: data, as: UTF8.self).contains("{{"), "\(path) has a gap that was not filled")
      }
    }
  }

  @Test("the settings and the contract together are what workers start with", arguments: Pack.allCases)
  func settings(_ pack: Pack) async throws {
    try await Self.with(pack) { command, folder in
      let env = try String(contentsOfFile: folder + "/node/.env", encoding: .utf8)
      var variables: [String: String?] = WorkspaceRules.variables(env).mapValues { $0 }
      variables["CRUNCH_CONTRACT"] = folder + "/node/contract.yaml"
      variables["PYTHONPATH"] = folder + "/challenge/my_challenge"
      variables["MODEL_PYTHON"] = try ModelPython.executable()
      #expect(try await command.run(["db", "init"], variables: variables).exitCode == 0)
      let findings = try JSON(
        parsing: try await command.run(["doctor", "--json", "--timeout", "5"], variables: variables).lines.last ?? "")
      let wrong = (findings["findings"]?.array ?? []).filter {
        ["environment", "contract", "schema"].contains($0["area"]?.string ?? "") && $0["severity"] != "ok"
      }
      #expect(wrong.isEmpty, "\(wrong)")
    }
  }

  @Test("a folder that is there is not touched, and a name that Python cannot have is refused")
  func refused() async throws {
    try await Self.with(.realtime) { command, folder in
      let makefile = folder + "/Makefile"
      try "mine".write(toFile: makefile, atomically: true, encoding: .utf8)
      let again = try await command.run("init", folder)
      #expect(again.exitCode == 1 && again.text.contains("is there already"))
      #expect(try String(contentsOfFile: makefile, encoding: .utf8) == "mine")
      for name in ["9lives", "while", "json", "a b"] {
        let run = try await command.run("init", (folder as NSString).deletingLastPathComponent + "/" + name)
        #expect(run.exitCode == 1, "\(name)")
      }
      #expect(try await command.run("init", "x", "--pack", "lottery").exitCode == 64)
    }
  }

  @Test("the participants' copy of the contract follows a change of the node's")
  func rules() async throws {
    try await Self.with(.trading) { command, folder in
      let contract = folder + "/node/contract.yaml"
      let text = try String(contentsOfFile: contract, encoding: .utf8)
      try text.replacing("prediction_interval_seconds: 60", with: "prediction_interval_seconds: 120").write(
        toFile: contract, atomically: true, encoding: .utf8)
      let before = try String(contentsOfFile: folder + "/challenge/my_challenge/contract.json", encoding: .utf8)
      #expect(try await command.run("init", "--rules", folder).exitCode == 0)
      let after = try JSON(
        parsing: String(contentsOfFile: folder + "/challenge/my_challenge/contract.json", encoding: .utf8))
      #expect(after["schedules"]?.array?.first?["schedule"]?["prediction_interval_seconds"] == 120)
      let old = try JSON(parsing: before)
      #expect(after["base_class"] == old["base_class"] && after["granularity"] == old["granularity"])
      #expect(after["call"] == old["call"])
    }
  }

  @Test("a backtest of rounds gives the scores of the node to the last digit")
  func sameRoundScores() async throws {
    try await Self.with(.tournament) { _, folder in
      let examples = Pack.tournament.data.examples.map { "examples/\($0.name)" }
      let report = try await Self.output(
        folder, ["-m", "my_challenge.backtest", "data/rounds.jsonl"] + examples + ["--json"])
      let contract = try ContractFile.contract(
        from: String(contentsOfFile: folder + "/node/contract.yaml", encoding: .utf8))
      guard case .builtin(let builtin) = contract.scoring else { throw NeverHappened(what: "a built-in score") }
      let predictions = report["predictions"]?.array ?? []
      #expect(predictions.count == 300)
      for prediction in predictions {
        let outcome = await builtin.function.score(
          outputs: [prediction["output"]?.object ?? [:]], truth: prediction["truth"]?.object ?? [:], scope: [:])[0]
        guard case .scored(let result) = outcome else { throw NeverHappened(what: "a score of \(prediction.text)") }
        #expect(JSON.object(result) == prediction["result"], "\(prediction.text)")
      }
    }
  }

  @Test(
    "a backtest gives the truths, scores and snapshots of the node to the last digit",
    arguments: [Pack.realtime, .trading])
  func sameScores(_ pack: Pack) async throws {
    try await Self.with(pack) { _, folder in
      let examples = pack.data.examples.map { "examples/\($0.name)" }
      let report = try await Self.output(
        folder, ["-m", "my_challenge.backtest", "data/sample.csv"] + examples + ["--json"])
      let node = try await NodeReplay(feed: folder + "/challenge/data/sample.csv", granularity: "1m")
      var results: [String: [(id: String, result: JSONObject)]] = [:]
      var compared = 0
      for prediction in report["predictions"]?.array ?? [] {
        let truth = try #require(node.truth(of: prediction))
        guard prediction["result"]?.object != nil else {
          #expect(truth == nil, "the node knows a truth that the backtest does not: \(prediction.text)")
          continue
        }
        #expect(truth.map(JSON.object) == prediction["truth"], "\(prediction.text)")
        let output = prediction["output"]?.object ?? [:]
        let result = try await Self.score(pack, output, truth ?? [:])
        #expect(JSON.object(result) == prediction["result"], "\(prediction.text)")
        let due = prediction["resolvable_at"]?.int ?? 0
        results["\(prediction["model"]?.string ?? "") \(due / 60 * 60 + 60)", default: []]
          .append((prediction["id"]?.string ?? "", result))
        compared += 1
      }
      #expect(compared > 500)
      let snapshots = report["snapshots"]?.array ?? []
      #expect(snapshots.count == results.count)
      for snapshot in snapshots {
        let key = "\(snapshot["model"]?.string ?? "") \(snapshot["period_end"]?.int ?? 0)"
        let members = try #require(results[key]).sorted { $0.id < $1.id }.map(\.result)
        let summary = SnapshotAggregation.summary(of: members)
        #expect(snapshot["prediction_count"]?.int == Int64(members.count))
        for member in summary { #expect(snapshot[member.key] == member.value, "\(key) \(member.key)") }
      }
    }
  }

  /// What a program of the package prints, however much that is.
  private static func output(_ folder: String, _ arguments: [String]) async throws -> JSON {
    let file = folder + "/output.json"
    let words = ([try ModelPython.executable(), "-B"] + arguments).map { "'\($0)'" }.joined(separator: " ")
    let process = RunningProcess(
      ChildProcess(
        executable: "/bin/sh", arguments: ["-c", "\(words) >'\(file)'"], workingDirectory: folder + "/challenge"))
    #expect(try await process.ending.exitCode == 0, "\(process.lines)")
    return try JSON(parsing: String(contentsOfFile: file, encoding: .utf8))
  }

  /// What the node's own function gives; of the pack whose function is in Python, the same sum in Swift.
  private static func score(_ pack: Pack, _ output: JSONObject, _ truth: JSONObject) async throws -> JSONObject {
    let outcome = await DirectionalScore().score(outputs: [output], truth: truth, scope: [:])[0]
    guard case .scored(var result) = outcome else { throw NeverHappened(what: "a score of \(output)") }
    guard pack == .trading else { return result }
    let gross = result["value"]?.number ?? 0
    let position = min(1, max(-1, output["value"]?.number ?? 0))
    let cost = 2 * 0.0002 * position.magnitude
    (result["value"], result["gross"], result["cost"]) = (.double(gross - cost), .double(gross), .double(cost))
    return result
  }
}

/// A recorded feed as the node's own provider replays it, and its truths as the node's own resolver finds them.
private struct NodeReplay {
  private var records: [String: [FeedRecord]] = [:]
  private let resolver = GroundTruthResolver(contract: .default, graceSeconds: 300, maxWaitSeconds: 86_400)

  init(feed path: String, granularity: String) async throws {
    let series = try ReplaySeries(path: path, defaultSubject: nil)
    for (subject, rows) in series.rows {
      let provider = try ReplayProvider(
        FeedOptions(["path": path, "granularity": granularity, "loop": "false"]), backfillSeconds: 0)
      let key = FeedKey(source: "replay", subject: subject, kind: .candle, granularity: granularity)
      let end = rows[0].time.adding(seconds: 60 * (rows.count + 1))
      let state: JSONObject = [
        "anchor": .string(rows[0].time.iso8601(.z)), "shape": .string("\(rows.count)x60"),
      ]
      _ = try await provider.prepare(key, stored: state, now: end)
      records[subject] = try await provider.fetch(
        FeedRequest(key: key, start: rows[0].time, end: end, limit: rows.count, now: end)
      ).records
    }
  }

  /// What came true of a prediction; nil within when the feed has not come so far. nil for a subject that it has not.
  func truth(of prediction: JSON) -> JSONObject?? {
    guard let subject = prediction["subject"]?.string, let records = records[subject], let first = records.first,
      let performed = prediction["performed_at"]?.int, let resolvable = prediction["resolvable_at"]?.int
    else { return nil }
    let query = resolver.query(
      feed: first.key, performedAt: Timestamp(seconds: performed), resolvableAt: Timestamp(seconds: resolvable))
    let decision = resolver.resolve(
      query, records: records.between(query.from, query.through), newest: records.last, passedAt: nil, inputID: "I",
      scopeKey: "S", now: Timestamp(seconds: resolvable))
    if case .resolved(let truth) = decision { return .some(truth.value) }
    return .some(nil)
  }
}
