import ChildProcesses
import Competition
import Foundation
import Store
import TestKit
import Testing

@testable import Coordinator
@testable import Feeds

extension WorkspaceTests {
  @Test("a backtest of rounds gives the scores, snapshots and standings of the node to the last digit")
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
      var results: [String: [(id: String, result: JSONObject)]] = [:]
      for prediction in predictions {
        let outcome = await builtin.function.score(
          outputs: [prediction["output"]?.object ?? [:]], truth: prediction["truth"]?.object ?? [:], scope: [:])[0]
        guard case .scored(let result) = outcome else { throw NeverHappened(what: "a score of \(prediction.text)") }
        #expect(JSON.object(result) == prediction["result"], "\(prediction.text)")
        let (model, round) = (prediction["model"]?.string ?? "", prediction["round_id"]?.string ?? "")
        let key = TournamentRound.scopeKey(round, row: Int(prediction["feature_index"]?.int ?? -1))
        results["\(model) \(round)", default: []]
          .append((RecordIDs.prediction(model: model, scopeKey: key, at: Timestamp(seconds: 0)), result))
      }
      var values: [String: [Double]] = [:]
      let summaries = report["summaries"]?.array ?? []
      #expect(summaries.count == results.count && summaries.count == 15)
      for summary in summaries {
        let model = summary["model"]?.string ?? ""
        let members = try #require(results["\(model) \(summary["round_id"]?.string ?? "")"])
        #expect(members.count > 10)
        let inOrder = SnapshotAggregation.summary(of: members.sorted { $0.id < $1.id }.map(\.result))
        for member in inOrder { #expect(summary[member.key] == member.value, "\(model) \(member.key)") }
        values[model, default: []].append(inOrder["value"]?.number ?? 0)
      }
      for row in report["standings"]?.array ?? [] {
        let own = values[row["model"]?.string ?? ""] ?? []
        #expect(row["score"]?.number == own.compensatedSum / Double(own.count), "\(row.text)")
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
