import ChildProcesses
import Competition
import Foundation
import TestKit
import Testing

@testable import Coordinator

@Suite("coordinator init", .timeLimit(.minutes(10)))
struct WorkspaceTests {
  /// Runs `body` with a workspace that the command wrote.
  static func with(_ pack: Pack, _ body: @Sendable (Command, String) async throws -> Void) async throws {
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

  static func python(_ folder: String, _ arguments: String...) async throws -> (Int32?, [String]) {
    let process = RunningProcess(
      ChildProcess(
        executable: try ModelPython.executable(), arguments: ["-B"] + arguments, workingDirectory: folder + "/challenge"
      ))
    let ending = try await process.ending
    return (ending.exitCode, process.lines)
  }

  /// Runs a target of the workspace's makefile by a Python that has its standard library and nothing else.
  static func make(_ folder: String, _ arguments: String...) async throws -> (Int32?, [String]) {
    let (exitCode, lines) = try await RunningProcess.run(
      "/usr/bin/env", ["make", "-s", "-C", folder, "PYTHON=\(try ModelPython.executable()) -S"] + arguments)
    return (exitCode, lines)
  }

  @Test(
    "what it writes passes its own tests at once with Python alone, and its contract holds", arguments: Pack.allCases)
  func passes(_ pack: Pack) async throws {
    try await Self.with(pack) { command, folder in
      let check = try await command.run("contract", "check", folder + "/node/contract.yaml")
      #expect(check.exitCode == 0, "\(check.text)")
      let (code, lines) = try await Self.make(folder, "test")
      #expect(code == 0, "\(lines.joined(separator: "\n"))")
      #expect(lines.contains { $0.wholeMatch(of: /Ran [1-9][0-9]+ tests in .*/) != nil }, "\(lines)")
      let named = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(named == [".gitignore", "Makefile", "README.md", "challenge", "node"])
      for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
        guard let data = FileManager.default.contents(atPath: folder + "/" + path) else { continue }
        #expect(!String(decoding: data, as: UTF8.self).contains("{{"), "\(path) has a gap that was not filled")
      }
    }
  }

  @Test("make backtest ranks the example models, and --plot draws what they earned", arguments: Pack.allCases)
  func backtest(_ pack: Pack) async throws {
    try await Self.with(pack) { _, folder in
      let (code, lines) = try await Self.make(folder, "backtest")
      #expect(code == 0, "\(lines)")
      #expect(lines.first?.split(separator: " ").prefix(3) == ["rank", "model", "score"], "\(lines)")
      let ranked = lines.dropFirst().prefix(3).compactMap {
        $0.split(separator: " ").dropFirst().first.map(String.init)
      }
      #expect(Set(ranked) == Set(pack.data.examples.map(\.name)))
      let (drawn, said) = try await Self.python(
        folder, "-m", "my_challenge.backtest", "data/\(pack.data.trial.file)", "examples/\(ranked[0])", "--plot",
        "scores.png")
      #expect(drawn == 0, "\(said)")
      let picture = try #require(FileManager.default.contents(atPath: folder + "/challenge/scores.png"))
      #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]))
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
}
