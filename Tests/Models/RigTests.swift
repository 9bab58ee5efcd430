import Competition
import TestKit
import Testing

@testable import Models

@Suite("Model nodes of another make", .serialized, .timeLimit(.minutes(5)), .enabled(if: Rig.isThere))
struct RigTests {
  @Test("all models are asked at once, and whatever one of them does is its own affair")
  func everyKind() async throws {
    let kinds = [
      "big_output", "echo", "hangs", "mean_reversion", "missing_method", "momentum", "raises", "returns_nan",
      "returns_none", "returns_text", "wrong_type",
    ]
    try await Rig.with(kinds) { rig in
      try await RunningCluster.with(port: rig.port) { models in
        try await models.waitFor(kinds)
        await models.tick([100, 101, 104, 102, 110])
        let answers = await models.ask(kinds, deadline: .seconds(20))
        #expect(Set(answers.keys) == Set(kinds))
        let momentum = try #require(answers["momentum"]?.value?["value"]?.number)
        #expect(abs(momentum - 0.1) < 1e-12)
        #expect(answers["mean_reversion"]?.value?["value"]?.number != nil)
        #expect(answers["echo"]?.value?["resolve_horizon_seconds"] == 60)
        #expect(answers["echo"]?.value?["updates"] == 1)
        #expect(answers["big_output"]?.value?["blob"]?.string?.utf8.count == 5 << 20)
        #expect(answers["hangs"] == .late)
        #expect(answers["raises"]?.failure?.hasPrefix("MODEL_FAILED") == true)
        #expect(answers["missing_method"]?.failure?.hasPrefix("BAD_IMPLEMENTATION") == true)
        #expect(answers["returns_nan"]?.value?["value"]?.number?.isNaN == true)
        #expect(answers["returns_none"]?.value == .null)
        #expect(answers["returns_text"]?.value?["value"] != nil)
        #expect(answers["wrong_type"]?.value == 0.5)

        // One without the method is reported and gone; the others stay.
        try await waitUntil("the report") { try await rig.reports(of: "missing_method") == ["BAD_IMPLEMENTATION"] }
        try await models.waitFor(kinds.filter { $0 != "missing_method" })
      }
    }
  }

  @Test("one call at a time goes to a model, and of data that waits only the newest")
  func oneAtATime() async throws {
    try await Rig.with(["echo", "slow"]) { rig in
      try await RunningCluster.with(port: rig.port) { models in
        try await models.waitFor(["echo", "slow"])
        // A node that is called while it works answers that it is busy.
        async let first = models.ask(["slow"])
        async let second = models.ask(["slow"])
        async let third = models.ask(["slow"])
        for answer in await [first, second, third] { #expect(answer["slow"]?.value?["value"] == 0.125) }

        try await rig.post("/models/echo/fault", ["methods": ["predict"], "delay_ms": 2_000, "count": 1])
        async let delayed = models.ask(["echo"])
        try await waitUntil("the call is under way") { try await methods(of: "echo", rig).last == "predict" }
        for close in 1...20 { await models.tick([Double(close)]) }
        _ = await delayed
        try await waitUntil("the newest data arrives") { try await methods(of: "echo", rig).last == "tick" }
        let log = try await rig.get("/models/echo?last=50")["node"]?["log"]?.array ?? []
        let ticks = log.filter { $0["method"] == "tick" }
        #expect(ticks.count == 1)
        #expect(ticks.first?["args"]?.array?.first?["value"]?["candles_1m"]?.array?.first?["close"]?.number == 20)
      }
    }
  }

  private func methods(of model: String, _ rig: Rig) async throws -> [String] {
    let log = try await rig.get("/models/\(model)?last=50")["node"]?["log"]?.array ?? []
    return log.compactMap { $0["method"]?.string }
  }

  @Test("models leave, join, move, recover and are replaced while others go on")
  func comeAndGo() async throws {
    try await Rig.with(["echo", "momentum"]) { rig in
      try await RunningCluster.with(port: rig.port) { models in
        try await models.waitFor(["echo", "momentum"])
        try await rig.post("/models/echo/leave")
        try await models.waitFor(["momentum"])
        #expect(await models.ask(["echo", "momentum"])["echo"]?.failure != nil)
        try await rig.post("/models/echo/join")
        try await models.waitFor(["echo", "momentum"])

        let deployment = await models.cluster.models().first?.deploymentIdentifier
        for change in ["move", "recover", "replace"] {
          try await rig.post("/models/echo/\(change)")
          try await waitUntil("an answer after \(change)") { await models.ask(["echo"])["echo"]?.value != nil }
          #expect(await models.ask(["momentum"])["momentum"]?.value != nil)
        }
        #expect(await models.cluster.models().first?.deploymentIdentifier != deployment)
      }
    }
  }

  @Test("a node that lost its instance is set up again, and the call is made once more")
  func forgets() async throws {
    try await Rig.with(["echo"]) { rig in
      try await RunningCluster.with(port: rig.port) { models in
        try await models.waitFor(["echo"])
        try await rig.post("/models/echo/forget")
        #expect(await models.ask(["echo"])["echo"]?.value?["value"]?.number == 0)
      }
    }
  }

  @Test("models that cannot be set up are reported and never asked")
  func cannotBeSetUp() async throws {
    try await Rig.with(["constructor_raises", "import_error", "momentum", "no_subclass"]) { rig in
      try await RunningCluster.with(port: rig.port) { models in
        for (model, code) in [
          ("constructor_raises", "MULTIPLE_FAILED"), ("import_error", "BAD_IMPLEMENTATION"),
          ("no_subclass", "BAD_IMPLEMENTATION"),
        ] {
          try await waitUntil("\(model) is reported") { try await rig.reports(of: model) == [code] }
        }
        try await models.waitFor(["momentum"])
      }
    }
  }

  @Test("while the orchestrator is away the models go on, and what changed meanwhile is learnt when it is back")
  func orchestratorAway() async throws {
    try await Rig.with(["echo", "momentum"]) { rig in
      try await RunningCluster.with(port: rig.port) { models in
        try await models.waitFor(["echo", "momentum"])
        try await rig.post("/ws/drop", ["abort": true, "refuse_seconds": 1])
        try await waitUntil("it is away") { !models.isConnected() }
        #expect(await models.ask(["momentum"])["momentum"]?.value != nil)
        try await rig.post("/models/echo/leave")
        try await models.waitFor(["momentum"])
        #expect(models.isConnected())
      }
    }
  }

  @Test("messages that make no sense change nothing")
  func nonsense() async throws {
    try await Rig.with(["momentum"]) { rig in
      try await RunningCluster.with(port: rig.port) { models in
        try await models.waitFor(["momentum"])
        for text in ["no json", "{}", #"{"event": "dance", "data": []}"#, #"{"event": "update", "data": [1]}"#] {
          try await rig.post("/ws/send", ["text": .string(text)])
        }
        try await rig.post("/models", ["kind": "echo", "model_id": "echo"])
        try await models.waitFor(["echo", "momentum"])
      }
    }
  }
}
