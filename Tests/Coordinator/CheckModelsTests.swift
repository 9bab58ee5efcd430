import Competition
import Foundation
import TestKit
import Testing

@testable import Coordinator

@Suite("coordinator check-models", .timeLimit(.minutes(5)))
struct CheckModelsTests {
  private static func variables(_ orchestrator: LocalOrchestrator) -> [String: String?] {
    [
      "MODEL_RUNNER_NODE_HOST": "127.0.0.1", "MODEL_RUNNER_NODE_PORT": String(orchestrator.port), "CRUNCH_ID": "test",
      "MODEL_BASE_CLASSNAME": "tracker.TrackerBase", "FEED_SOURCE": "test", "FEED_SUBJECTS": "BTC",
      "FEED_KIND": "candle", "FEED_GRANULARITY": "1m",
    ]
  }

  @Test("each model is asked once; what is wrong with an answer is said, and the others are as they are")
  func each() async throws {
    try await Command.with { command in
      try await LocalOrchestrator.with([
        "good": "return {'value': self.closes(subject)[-1]}",
        "hangs": "time.sleep(3600)",
        "nan": "return {'value': float('nan')}",
        "raises": "raise ValueError('on purpose')",
      ]) { orchestrator in
        let key = FeedKey(source: "test", subject: "BTC", kind: .candle, granularity: "1m")
        let time = try await command.database.store.now().adding(seconds: -90)
        try await command.database.store.feeds.ingest(
          [FeedRecord(key: key, eventTime: time, ingestedTime: time.adding(seconds: 60), values: ["close": 0.75])],
          phase: "listen")
        let settings = NodeSettings(environment: Self.variables(orchestrator).compactMapValues { $0 })
        try await waitUntil("all four are announced and can be asked") {
          let answer = await RollCall(settings.predict, crunchID: "test").models(within: .seconds(10))
          return answer.models?.count(where: { $0.state == .ready }) == 4
        }
        // Once: a model that hangs is busy ever after.
        let run = try await command.run(
          ["check-models", "--json", "--wait", "20", "--deadline", "3"], variables: Self.variables(orchestrator))
        #expect(run.exitCode == 1)
        let models = try JSON(parsing: run.lines.last ?? "{}")["models"]?.array ?? []
        let rows = Dictionary(models.map { ($0["model_id"]?.string ?? "", $0) }, uniquingKeysWith: { $1 })
        #expect(rows["good"]?["valid"] == true && rows["good"]?["output"]?["value"] == 0.75, "\(rows)")
        #expect(rows["good"]?["milliseconds"]?.number != nil)
        #expect(rows["hangs"]?["problem"]?.string?.contains("no answer within 3") == true, "\(rows)")
        #expect(rows["nan"]?["answers"] == true && rows["nan"]?["valid"] == false)
        #expect(rows["nan"]?["problem"]?.string?.contains("no number") == true, "\(rows)")
        #expect(rows["raises"]?["problem"]?.string?.contains("on purpose") == true, "\(rows)")
        #expect(orchestrator.nodes.count == 4, "nobody was reported, so the orchestrator stopped nobody")
      }
    }
  }

  @Test("models that are well end it with 0, also without a database: they are shown made-up data")
  func well() async throws {
    try await Command.with { command in
      try await LocalOrchestrator.with(["good": "return {'value': len(self.closes(subject)) / 1000}"]) { orchestrator in
        var variables = Self.variables(orchestrator)
        variables["DATABASE_URL"] = "postgres://nobody@127.0.0.1:\(try LoopbackPort.free())/none"
        var text = ""
        try await waitUntil("the model is announced") {
          let run = try await command.run(["check-models", "--wait", "5"], variables: variables)
          text = run.text
          return run.exitCode == 0
        }
        #expect(text.contains("1 of 1 models answer as the contract asks"), "\(text)")
        #expect(text.contains(#"{"value":0.12}"#), "a window of 120 candles")
      }
    }
  }

  @Test("an orchestrator that is away is an error that names its variables")
  func away() async throws {
    try await Command.with(.nothing) { command in
      let run = try await command.run(
        ["check-models", "--wait", "1"],
        variables: [
          "MODEL_RUNNER_NODE_HOST": "127.0.0.1", "MODEL_RUNNER_NODE_PORT": String(try LoopbackPort.free()),
        ])
      #expect(run.exitCode == 1)
      #expect(run.text.contains("cannot be reached") && run.text.contains("MODEL_RUNNER_NODE_PORT"), "\(run.text)")
    }
  }
}
