import ChildProcesses
import Competition
import Foundation
import Store
import TestKit
import Testing

@Suite("coordinator import", .timeLimit(.minutes(5)))
struct ImportTests {
  private static let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Examples/original").path

  /// Runs `body` with a copy of a workspace, so that nothing is written into the repository.
  private static func with(
    _ name: String = "", _ body: @Sendable (Command, String) async throws -> Void
  ) async throws {
    let folder = NSTemporaryDirectory() + "/original-\(UUID().uuidString)"
    try FileManager.default.copyItem(atPath: examples + name, toPath: folder)
    try await Command.with(.nothing) { command in try await body(command, folder) }
    try FileManager.default.removeItem(atPath: folder)
  }

  private static func imported(_ command: Command, _ folder: String, _ more: String...) async throws -> JSON {
    let run = try await command.run(
      ["import", folder, "--json", "--python", try ModelPython.executable()] + more)
    #expect(run.exitCode == 0, "\(run.text)")
    return try JSON(parsing: run.lines.last ?? "")
  }

  private static func notes(_ report: JSON) -> String {
    (report["notes"]?.array ?? []).map { "\($0["setting"]?.string ?? ""): \($0["what"]?.string ?? "")" }
      .joined(separator: "\n")
  }

  @Test("a configuration of 0.1.101 becomes the contract that says the same; what it cannot carry over is listed")
  func configuration() async throws {
    try await Self.with { command, folder in
      let report = try await Self.imported(command, folder)
      let path = try #require(report["contract"]?.string)
      #expect(path.hasSuffix("/node/contract.yaml") && report["version"] == "0.1.101")
      #expect(FileManager.default.fileExists(atPath: folder + "/node/contract.yaml"))
      let contract = try await command.run("contract", "show", path, "--json").json[0]
      #expect(
        contract["output"] == [
          "value": ["type": "float", "default": 0.0, "minimum": -1.0, "maximum": 1.0],
          "note": ["type": "string", "default": ""],
        ], "\(contract.text)")
      #expect(contract["scope"]?["subject"] == "ETHUSDT" && contract["scope"]?["step_seconds"] == 5)
      #expect(contract["call"]?["update"] == "feed_update" && contract["call"]?["arguments"]?.array?.count == 3)
      let schedules = contract["schedules"]?.array ?? []
      #expect(schedules.map { $0["scope_key"]?.string } == ["eth-1m", "eth-5m"])
      #expect(
        schedules.last?["schedule"] == ["prediction_interval_seconds": 60, "resolve_horizon_seconds": 300],
        "\(schedules)")
      #expect(contract["aggregation"]?["windows"] == ["pnl_day": 24, "pnl_week": 168])
      #expect(contract["aggregation"]?["value_field"] == "pnl" && contract["aggregation"]?["ranking_key"] == "pnl_day")
      #expect(contract["metrics"] == ["ic", "hit_rate", "model_correlation"])
      #expect(contract["ensembles"]?.array?.first?["strategy"] == "equal_weight")
      #expect(contract["ensembles"]?.array?.first?["filter"] == ["top_n": 3])
      #expect(contract["emission"]?["strategy"] == "contribution")
      #expect(contract["on_chain"]?["crunch_pubkey"]?.string?.hasPrefix("9xQe") == true)
      #expect(contract["callables"]?["scoring"] == "starter_challenge.scoring:score_prediction")
      #expect(contract["limits"]?["ground_truth_staleness"] == 0.5)
      #expect(contract["callables"]?["aggregate_snapshot"] == "config.crunch_config:keep_the_last")
      // The function lies in the configuration itself, which imports names of the original's package.
      let doctor = try await command.run(
        ["doctor", "--json", "--timeout", "10"],
        variables: [
          "CRUNCH_CONTRACT": path, "PYTHONPATH": report["python_path"]?.string,
          "MODEL_PYTHON": try ModelPython.executable(),
        ])
      let findings = try JSON(parsing: doctor.lines.last ?? "")["findings"]?.array ?? []
      #expect(findings.filter { $0["area"] == "contract" }.map { $0["severity"] } == ["ok"], "\(findings)")
      let notes = Self.notes(report)
      #expect(
        contract["ground_truth"] == [
          "symbol": ["type": "string", "default": "BTCUSDT"], "profit": ["type": "float", "default": 0.0],
        ], "\(contract.text)")
      #expect(
        contract["score"]?.object?.keys.map { $0 } == ["value", "pnl", "spread_cost", "success", "failed_reason"])
      #expect(
        contract["raw_input"] == ["candles_1m": ["type": "json"], "symbol": ["type": "string", "default": "ETHUSDT"]])
      #expect(contract["inference_input"] == ["momentum": ["type": "float", "default": 0.0]])
      for expected in [
        "score_type: failed_reason may be null", "input_type: sign of ModelInput", "API_ROUTES_DIR", "REPORT_UI_PORT",
      ] {
        #expect(notes.contains(expected), "\(notes)")
      }
    }
  }

  @Test("scoring of the competition runs unchanged, and gives what it gives on the original's own typed objects")
  func sameScores() async throws {
    let folder = NSTemporaryDirectory() + "/original-\(UUID().uuidString)"
    try FileManager.default.copyItem(atPath: Self.examples, toPath: folder)
    try await Command.with { command in
      _ = try await EvidenceNode(command.database.store)
      let report = try await Self.imported(command, folder)
      let python = try ModelPython.executable()
      let run = try await command.run(
        ["callable", "test", "--json"],
        variables: [
          "CRUNCH_CONTRACT": report["contract"]?.string, "PYTHONPATH": report["python_path"]?.string,
          "MODEL_PYTHON": python,
        ])
      #expect(run.exitCode == 0, "\(run.text)")
      let rows = try JSON(parsing: run.lines.last ?? "")["rows"]?.array ?? []
      let scored = rows.filter { $0["value"]?.number != nil }
      #expect(scored.count > 20, "\(run.text)")

      let samples = try await command.database.store.scores.newestSamples(limit: 1_000)
      let cases = JSON.array(
        samples.map { sample in
          ["id": .string(sample.predictionID), "output": .object(sample.output), "truth": .object(sample.truth)]
        })
      try cases.text.write(toFile: folder + "/cases.json", atomically: true, encoding: .utf8)
      let process = RunningProcess(
        ChildProcess(
          executable: python, arguments: ["-B", "-c", Self.direct, folder + "/cases.json"],
          environment: ["PYTHONPATH": report["python_path"]?.string], workingDirectory: folder))
      #expect(try await process.ending.exitCode == 0, "\(process.lines)")
      let expected = try JSON(parsing: process.lines.last ?? "")
      for row in scored {
        let id = try #require(row["prediction_id"]?.string)
        #expect(row["value"] == expected[id]?["value"], "\(id)")
      }
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  /// Calls the function as the original did: with objects of the competition's own types.
  private static let direct = """
    import json, sys
    from starter_challenge.scoring import GroundTruth, InferenceOutput, score_prediction
    results = {}
    for case in json.load(open(sys.argv[1])):
        if "value" in case["output"]:
            result = score_prediction(InferenceOutput(**case["output"]), GroundTruth(**case["truth"]))
            results[case["id"]] = result.model_dump()
    print(json.dumps(results))
    """

  @Test("variables and JSON schedules of 0.1.1 become a contract, and what they never did is said")
  func variables() async throws {
    try await Self.with("/variables") { command, folder in
      let report = try await Self.imported(command, folder)
      #expect(report["version"] == "0.1.1")
      let path = report["contract"]?.string ?? ""
      let contract = try await command.run("contract", "show", path, "--json").json[0]
      #expect(contract["scope"] == ["subject": "BTC", "horizon_seconds": 60, "step_seconds": 15])
      let schedule = contract["schedules"]?.array?.first?["schedule"]
      #expect(schedule == ["prediction_interval_seconds": 30, "resolve_horizon_seconds": 60], "\(contract.text)")
      #expect(contract["callables"]?["scoring"] == "starter_challenge.scoring:score_prediction")
      #expect(contract["on_chain"]?["crunch_pubkey"]?.string?.hasPrefix("9xQe") == true)
      let notes = Self.notes(report)
      for expected in ["every_seconds of BTC-60 was never read", "BTC-60 names an asset", "PYTH_HERMES_URL"] {
        #expect(notes.contains(expected), "\(notes)")
      }
      let again = try await command.run("import", folder)
      #expect(again.exitCode == 1 && again.text.contains("--overwrite"))
    }
  }

  @Test("a competition that asks nothing by the clock becomes one that asks in rounds alone")
  func rounds() async throws {
    try await Self.with { command, folder in
      let file = folder + "/node/config/crunch_config.py"
      let text = try String(contentsOfFile: file, encoding: .utf8)
      let start = try #require(text.range(of: "    scheduled_predictions:")?.lowerBound)
      try (text[..<start] + "    scheduled_predictions: list[ScheduledPrediction] = Field(default_factory=list)\n")
        .write(
          toFile: file, atomically: true, encoding: .utf8)
      let report = try await Self.imported(command, folder)
      let path = try #require(report["contract"]?.string)
      let contract = try await command.run("contract", "show", path, "--json").json[0]
      #expect(contract["schedules"] == [], "\(contract.text)")
      #expect(report["carried"]?.array?.contains("scheduled_predictions") == true)
      #expect(!Self.notes(report).contains("scheduled_predictions"), "\(Self.notes(report))")
      let seeded = try await command.run(["db", "init"], variables: ["CRUNCH_CONTRACT": path])
      #expect(seeded.text == "configs: 0 added, 0 kept, 0 deactivated")
    }
  }

  @Test("a folder without a configuration, and a configuration that raises, end with 1 and the reason")
  func unusable() async throws {
    try await Self.with { command, folder in
      let empty = try await command.run("import", folder + "/challenge/starter_challenge")
      #expect(empty.exitCode == 1 && empty.text.contains("crunch_config.py"), "\(empty.text)")
      try "raise RuntimeError('on purpose')\n".write(
        toFile: folder + "/node/config/crunch_config.py", atomically: true, encoding: .utf8)
      let raising = try await command.run(["import", folder, "--python", try ModelPython.executable()])
      #expect(raising.exitCode == 1 && raising.text.contains("RuntimeError: on purpose"), "\(raising.text)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/node/contract.yaml"))
    }
  }
}
