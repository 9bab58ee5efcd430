import Competition
import Foundation
import Postgres
import ServiceKit
import TestKit
import Testing

@Suite("coordinator contract", .timeLimit(.minutes(3)))
struct ContractCommandTests {
  private static let example = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Examples/contract.yaml").path

  @Test("the example holds, and is shown with its defaults written out")
  func example() async throws {
    try await Command.with(.nothing) { command in
      let check = try await command.run("contract", "check", Self.example)
      #expect(check.exitCode == 0 && check.text.contains("holds; digest "))
      let shown = try await command.run("contract", "show", variables: ["CRUNCH_CONTRACT": Self.example]).text
      #expect(shown.contains("score_week: 168") && shown.contains("resolve_horizon_seconds: INT"))
      try await command.withFile(shown) { path in
        let digests = [
          try await command.run("contract", "check", path, "--json").json.first?["digest"],
          try await command.run("contract", "check", Self.example, "--json").json.first?["digest"],
        ]
        #expect(digests[0] != nil && digests[0] == digests[1])
      }
    }
  }

  @Test("a broken file is refused with the lines of all that is wrong, by the check and by every worker")
  func broken() async throws {
    try await Command.with(.nothing) { command in
      try await command.withFile("scope: {subject: BTC}\nwindows: {}\naggregation: {direction: up}\n") { path in
        let expected = [
          "\(path):2:1: windows: is not known here; known are output, raw_input, inference_input, score, ground_truth, scope, call, rounds, schedules, aggregation, metrics, ensembles, emission, on_chain, callables, limits",
          "\(path):3:26: aggregation.direction: must be one of asc, desc, not \"up\"",
        ]
        let check = try await command.run("contract", "check", path)
        #expect(check.exitCode == 78)
        #expect(check.lines == expected)
        for worker in ["predict-worker", "score-worker", "checkpoint-worker", "report-worker"] {
          let ended = try await command.runWorker(worker, variables: ["CRUNCH_CONTRACT": path])
          #expect(ended.exitCode == 78)
          for line in expected { #expect(ended.text.contains("CRUNCH_CONTRACT: \(line)"), "\(worker): \(ended.text)") }
        }
      }
    }
  }

  @Test("what a new file would change is said with what it means, against the contract in force or another file")
  func diff() async throws {
    try await Command.with { command in
      let none = try await command.run("contract", "diff", "Tests/Examples/contract.yaml")
      #expect(none.exitCode == 1 && none.text.contains("no contract is in force yet"))
      let contracts = command.database.store.contracts
      try await contracts.enforce(contracts.register(.default))
      try await command.withFile("callables: {scoring: builtin:log_loss}\nmetrics: [ic]\n") { path in
        let changed = try await command.run("contract", "diff", path, "--json")
        let changes = try JSON(parsing: changed.text).array ?? []
        #expect(changed.exitCode == 1)
        #expect(changes.compactMap { $0["path"]?.string } == ["metrics", "callables.scoring"])
        #expect(changes[1]["before"] == "builtin:directional" && changes[1]["after"] == "builtin:log_loss")
        #expect(changes[1]["effect"]?.string?.contains("open ones are scored by the old one") == true)
        let same = try await command.run("contract", "diff", path, "--with", path)
        #expect(same.exitCode == 0 && same.text == "nothing would change")
      }
      try await command.withFile("callables: {scoring: builtin:log_loss}\nscore: {value: float}\n") { path in
        // As in the workers, the variable goes before the file.
        let variables = ["SCORING_FUNCTION": "builtin:crps"]
        let changed = try await command.run("contract", "diff", path, "--json", variables: variables)
        let scoring = try JSON(parsing: changed.text).array?.first { $0["path"] == "callables.scoring" }
        #expect(scoring?["after"] == "builtin:crps" && scoring?["variable"] == "SCORING_FUNCTION", "\(changed.text)")
        let told = try await command.run("contract", "diff", path, variables: variables).text
        #expect(told.contains("SCORING_FUNCTION is set: it says callables.scoring, whatever the file says"))
        #expect(told.contains("scores and truths of predictions that are asked for from now on are checked by it"))
      }
      try await command.withFile("metrics: [icc]\n") { path in
        let wrong = try await command.run("contract", "diff", path)
        #expect(wrong.exitCode == 78 && wrong.text.contains("did you mean ic?"))
      }
    }
  }

  @Test("db init stores the contract's schedules")
  func schedules() async throws {
    try await Command.with(.nothing) { command in
      let variables = [
        "CRUNCH_CONTRACT": Self.example, "FEED_PROVIDER": "binance", "FEED_KIND": "candle", "FEED_GRANULARITY": "1m",
      ]
      #expect(try await command.run(["db", "init"], variables: variables).exitCode == 0)
      let keys = try await command.database.store.pool.query("SELECT scope_key FROM scheduled_prediction_configs")
        .map { try $0.text(0) }
      #expect(keys == ["BTC-60"])
    }
  }

  @Test("a horizon that is shorter than the feed's candles is refused before anything is stored")
  func shortHorizon() async throws {
    try await Command.with(.nothing) { command in
      let variables = [
        "CRUNCH_CONTRACT": Self.example, "FEED_PROVIDER": "binance", "FEED_KIND": "candle", "FEED_GRANULARITY": "5m",
      ]
      let init5 = try await command.run(["db", "init"], variables: variables)
      #expect(init5.exitCode == 78)
      #expect(init5.text.contains("a horizon of 60 s is shorter than the feed's candles of 300 s"))
    }
  }
}
