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

  private static func folder(_ module: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try module.write(to: folder.appending(path: "mine.py"), atomically: true, encoding: .utf8)
    return folder.path
  }
}
