import Competition
import Foundation
import TestKit
import Testing

@Suite("coordinator callable", .timeLimit(.minutes(3)))
struct CallableCommandTests {
  @Test("the function in force gives stored predictions the scores that they have")
  func sameScores() async throws {
    try await Command.with { command in
      _ = try await EvidenceNode(command.database.store)
      let run = try await command.run("callable", "test", "--json")
      #expect(run.exitCode == 0, "\(run.text)")
      let report = try run.json[0]
      let scored = try #require(report["scored"]?.int)
      #expect(report["callable"] == "builtin:directional" && scored > 20 && report["as_stored"]?.int == scored)
      // One model answers nothing that can be scored.
      #expect(report["failures"]?.array?.first?["reason"]?.string?.contains("value") == true)
    }
  }

  @Test("another function, in Python, is tried beside what is stored, and changes nothing")
  func another() async throws {
    try await Command.with { command in
      _ = try await EvidenceNode(command.database.store)
      let folder = try Self.folder("def score(prediction, ground_truth):\n    return {'value': prediction.value * 3}\n")
      let variables = ["PYTHONPATH": folder, "MODEL_PYTHON": "python3"]
      let before = try await command.run("verify", "--json").json[0]
      let run = try await command.run(["callable", "test", "mine:score", "--limit", "2"], variables: variables)
      #expect(run.exitCode == 0 && run.text.contains("2 predictions, 2 scored, 0 as stored"), "\(run.text)")
      let after = try await command.run("verify", "--json").json[0]
      #expect(after["verified"] == true && after["counts"] == before["counts"])
    }
  }

  @Test("a function that cannot be used is refused with 78 and the reason, and a node without scores says so")
  func refused() async throws {
    try await Command.with { command in
      let missing = try await command.run("callable", "test", "builtin:brier")
      #expect(missing.exitCode == 78 && missing.text.contains("one of directional"), "\(missing.text)")
      let verify = try await command.run(["verify"], variables: ["SCORING_FUNCTION": "not_there:score"])
      #expect(verify.exitCode == 78 && verify.text.contains("not_there"), "a broken function is no difference")
      let none = try await command.run("callable", "test")
      #expect(none.exitCode == 1 && none.text.contains("none here has a score yet"), "\(none.text)")
    }
  }

  private static let feed: [String: String?] = [
    "FEED_SOURCE": "test", "FEED_KIND": "candle", "FEED_GRANULARITY": "1m", "MODEL_PYTHON": "python3",
  ]

  private static func trial(
    _ command: Command, _ point: String, _ function: String? = nil, _ variables: [String: String?] = [:]
  ) async throws -> (report: JSON, exitCode: Int32?) {
    let run = try await command.run(
      ["callable", "test", "--point", point, "--json"] + [function].compactMap { $0 },
      variables: feed.merging(variables) { $1 })
    do { return (try JSON(parsing: run.lines.last ?? "null"), run.exitCode) } catch {
      throw NeverHappened(what: "a report of \(function ?? point); it said:\n\(run.text)")
    }
  }

  @Test(
    "the function in force at each step makes of what is stored what is stored",
    arguments: ExtensionPoint.allCases.map(\.rawValue))
  func everyStep(point: String) async throws {
    try await Command.with { command in
      _ = try await EvidenceNode(command.database.store)
      let (report, exitCode) = try await Self.trial(command, point)
      #expect(exitCode == 0 && report["point"]?.string == point, "\(report.text)")
      #expect(report["answered"] == report["tried"] && report["as_stored"] == report["comparable"], "\(report.text)")
      #expect(report["tried"]?.int ?? 0 >= 3 && report["per_second"]?.number ?? 0 > 0)
      // Windows as models were shown them are not kept one by one.
      #expect((report["comparable"]?.int ?? 0 > 0) == (point != "inference_input"), "\(report.text)")
    }
  }

  @Test("functions of one's own are tried at every other point, and change nothing")
  func everyPoint() async throws {
    try await Command.with { command in
      _ = try await EvidenceNode(command.database.store)
      let folder = try Self.folder(
        """
        def raw(raw_input):
            return {"closes": [candle.close for candle in raw_input.candles_1m]}

        def picky(inference_output):
            if inference_output.value > 0.4:
                raise ValueError("too sure")
            return inference_output

        def truth(feed_records, prediction):
            return {"count": len(feed_records), "profit": 1.0}

        def best(score_results):
            return {"value": max(result.value for result in score_results)}

        def backwards(entries):
            return entries[::-1]

        def winner(ranked_entries, crunch_pubkey):
            shares = [1_000_000_000] + [0] * (len(ranked_entries) - 1)
            return {"cruncher_rewards": [{"cruncher_index": i, "reward_pct": s} for i, s in enumerate(shares)]}

        def count(predictions, scores, context):
            return len(predictions)

        def by_name(model_metrics, predictions):
            return {model: float(ord(model[-1])) for model in model_metrics}

        def first(model_id, metrics):
            return model_id < "b"

        def never(score_results):
            if len(score_results[0]) > 2:
                raise RuntimeError("never on real ones")
            return {"value": score_results[0].value}
        """)
      let variables = ["PYTHONPATH": folder]
      let before = try await command.run("verify", "--json").json[0]
      for (point, function, differs) in [
        ("inference_input", "mine:raw", false), ("resolve_ground_truth", "mine:truth", true),
        ("aggregate_snapshot", "mine:best", true), ("rank_leaderboard", "mine:backwards", true),
        ("build_emission", "mine:winner", true), ("metric", "mine:count", false), ("metric", "ic", false),
        ("ensemble_strategy", "mine:by_name", false), ("ensemble_strategy", "builtin:rank_weight", false),
        ("model_filter", "mine:first", false),
      ] {
        let (report, exitCode) = try await Self.trial(command, point, function, variables)
        #expect(exitCode == 0 && report["tried"]?.int ?? 0 > 0, "\(point) \(function): \(report.text)")
        #expect(report["answered"] == report["tried"], "\(point) \(function): \(report.text)")
        let equal = report["as_stored"]?.int ?? 0
        #expect(!differs || equal < report["comparable"]?.int ?? 0, "\(point) \(function): \(report.text)")
      }
      let picky = try await Self.trial(command, "inference_output", "mine:picky", variables)
      #expect(picky.exitCode == 0 && picky.report.text.contains("ValueError: too sure"), "\(picky.report.text)")
      // Fails on all that is stored, though not on made-up arguments.
      let never = try await Self.trial(command, "aggregate_snapshot", "mine:never", variables)
      #expect(never.exitCode == 1, "\(never.report.text)")
      let after = try await command.run("verify", "--json").json[0]
      #expect(after["verified"] == true && after["counts"] == before["counts"])
    }
  }

  @Test("a point that is not there, a function that cannot be used there, and a node without data are told apart")
  func pointErrors() async throws {
    try await Command.with { command in
      let unknown = try await command.run("callable", "test", "--point", "scorring")
      #expect(unknown.exitCode == 64 && unknown.text.contains("aggregate_snapshot"), "\(unknown.text)")
      let wrong = try await command.run("callable", "test", "--point", "aggregate_snapshot", "builtin:mode")
      #expect(wrong.exitCode == 78 && wrong.text.contains("one of mean"), "\(wrong.text)")
      let nothing = try await command.run("callable", "test", "--point", "metric")
      #expect(nothing.exitCode == 78 && nothing.text.contains("names none in this contract"), "\(nothing.text)")
      for point in ["inference_input", "aggregate_snapshot", "rank_leaderboard", "build_emission"] {
        let empty = try await command.run("callable", "test", "--point", point)
        #expect(empty.exitCode == 1 && empty.text.contains("nothing is stored"), "\(empty.text)")
      }
    }
  }

  @Test("all built-in functions are listed, with the one in force")
  func list() async throws {
    try await Command.with(.nothing) { command in
      let run = try await command.run(
        ["callable", "ls", "--json"], variables: ["SCORING_FUNCTION": "mine.module:score"])
      let functions = try run.json[0].array ?? []
      let scoring = functions.filter { $0["point"] == "scoring" }
      #expect(scoring.count == 6 && scoring.filter { $0["in_force"] == true }.count == 1)
      #expect(scoring.last?["callable"] == "mine.module:score" && scoring.last?["in_force"] == true)
      // Every point has several of ours, and one in force.
      for point in ["scoring"] + ExtensionPoint.allCases.map(\.rawValue) {
        let own = functions.filter { $0["point"]?.string == point }
        #expect(own.count >= 2 && own.count { $0["in_force"] == true } == 1, "\(point)")
      }
    }
  }

  @Test("metrics, strategies and filters are listed, with those in force and the competition's own")
  func figureList() async throws {
    try await Command.with(.nothing) { command in
      let contract = """
        metrics: [ic, mine:edge]
        ensembles:
          - {name: main, strategy: rank_weight, filter: {top_n: 3}}
          - {name: own, strategy: mine:weigh, filter: "mine:keep"}
        """
      try await command.withFile(contract) { path in
        let run = try await command.run(["callable", "ls", "--json"], variables: ["CRUNCH_CONTRACT": path])
        let functions = try run.json[0].array ?? []
        func names(_ point: String, inForce: Bool) -> [String] {
          functions.filter { $0["point"]?.string == point && $0["in_force"]?.bool == inForce }
            .compactMap { $0["callable"]?.string }
        }
        #expect(
          names("metric", inForce: true) == ["builtin:ic", "mine:edge"] && names("metric", inForce: false).count == 10)
        #expect(names("ensemble_strategy", inForce: true) == ["builtin:rank_weight", "mine:weigh"])
        #expect(names("ensemble_strategy", inForce: false).count == 3)
        #expect(names("model_filter", inForce: true) == ["builtin:top_n", "mine:keep"])
        #expect(names("model_filter", inForce: false).count == 5)
      }
    }
  }

  private static func folder(_ module: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try module.write(to: folder.appending(path: "mine.py"), atomically: true, encoding: .utf8)
    return folder.path
  }
}
