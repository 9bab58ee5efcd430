import ChildProcesses
import Competition
import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("What an operator asks of a node that runs")
  struct OperatorChecksTests {
    @Test(
      "doctor, check-models and verify-e2e are green; when the feed ends, verify-e2e says what does not come any more")
    func green() async throws {
      try await RunningNode.with(variables: [
        "CHECKPOINT_INTERVAL_SECONDS": "5", "MODEL_RUNNER_NODE_PORT": String(try LoopbackPort.free()),
      ]) { node in
        let verified = try await node.coordinator("verify-e2e", "--url", node.reportURL, "--seconds", "110", "--json")
        #expect(verified.exitCode == 0, "\(verified.lines)")
        let steps = try JSON(parsing: verified.lines.last ?? "")["steps"]?.array ?? []
        #expect(steps.count == 7 && steps.allSatisfy { $0["true"] == true }, "\(steps)")

        let doctor = try await node.coordinator("doctor", "--all")
        #expect(doctor.exitCode == 0, "\(doctor.lines.joined(separator: "\n"))")
        #expect(doctor.lines.last == "all is well in 10 areas")

        let models = try await node.coordinator("check-models")
        #expect(models.exitCode == 0, "\(models.lines.joined(separator: "\n"))")
        #expect(models.lines.last == "5 of 5 models answer as the contract asks")

        let feed = try #require(try node.workers()["feed-data-worker"])
        kill(feed, SIGSTOP)
        try await waitUntil("what was under way has been answered") {
          try await node.count("SELECT count(*) FROM prediction_slots WHERE answered_at IS NULL") == 0
        }
        let stopped = try await node.coordinator(
          "verify-e2e", "--url", node.reportURL, "--seconds", "3", "--skip", "checkpoint")
        kill(feed, SIGCONT)
        #expect(stopped.exitCode == 1)
        #expect(stopped.lines.contains { $0.hasPrefix("FAIL  predictions") && $0.contains("no prediction since") })
      }
    }

    @Test(
      "a feed, models, a Redis and a PostgreSQL that go away, a clock that is wrong, and a contract that is spoilt, are named by both"
    )
    func broken() async throws {
      try await RunningNode.with(variables: ["MODEL_RUNNER_NODE_PORT": String(try LoopbackPort.free())]) { node in
        try await node.waitUntilScoring()
        func expectRed(_ area: String, saying words: String? = nil, _ changes: [String: String] = [:]) async throws {
          let watched = try await node.coordinator(
            "verify-e2e", "--url", node.reportURL, "--seconds", "2", "--skip", "checkpoint", "--json", changes: changes)
          let report = try JSON(parsing: watched.lines.last ?? "")
          let causes = report["causes"]?.array ?? []
          let looked = try await node.coordinator("doctor", "--json", "--timeout", "10", changes: changes)
          let findings = try JSON(parsing: looked.lines.last ?? "")["findings"]?.array ?? []
          let wrong = findings.filter { $0["severity"] == "problem" || $0["severity"] == "misconfigured" }
          #expect(watched.exitCode == 1 && looked.exitCode != 0, "\(area)")
          for found in [causes, wrong] {
            let named = found.first { $0["area"]?.string == area }
            #expect(named?["cause"]?.string?.isEmpty == false && named?["remedy"]?.string?.isEmpty == false, "\(found)")
            if let words { #expect(named?.text.contains(words) == true, "\(found)") }
          }
        }

        // Nothing is broken yet, so that what is spoilt next is wrong alone.
        let control = try await node.coordinator(
          "verify-e2e", "--url", node.reportURL, "--seconds", "60", "--skip", "checkpoint", "--json")
        #expect(control.exitCode == 0, "\(control.lines)")
        #expect(try JSON(parsing: control.lines.last ?? "")["causes"]?.array == [])

        let contract = NSTemporaryDirectory() + "/spoilt-\(UUID().uuidString).yaml"
        try "aggregation: {windows: {day: many}}\n".write(toFile: contract, atomically: true, encoding: .utf8)
        try await expectRed("contract", saying: "aggregation.windows.day", ["CRUNCH_CONTRACT": contract])
        try await expectRed(
          "clock", saying: "90 s", try #require(try await ShiftedClock.variables(seconds: 90), "no C compiler is here"))

        let feed = try #require(try node.workers()["feed-data-worker"])
        kill(feed, SIGSTOP)
        try await waitUntil("what was under way has been answered") {
          try await node.count("SELECT count(*) FROM prediction_slots WHERE answered_at IS NULL") == 0
        }
        try await waitUntil("the newest record is older than a feed's may be") {
          try await node.count(
            "SELECT count(*) FROM feed_records WHERE ts_ingested > clock_timestamp() - interval '35 seconds'") == 0
        }
        try await expectRed("feed")
        kill(feed, SIGCONT)
        try FileManager.default.removeItem(atPath: contract)

        // Models are processes of their own, and answer without the orchestrator too.
        let orchestrator = try #require(try node.workers()["model-orchestrator"])
        let family = SystemProcess.family(of: orchestrator)
        for process in family { kill(process, SIGSTOP) }
        try await expectRed("models")
        for process in family { kill(process, SIGCONT) }

        await node.redis.stop()
        try await expectRed("redis")
        try await node.redis.start()

        try await node.database.refuseConnections()
        try await expectRed("postgres")
      }
    }
  }
}
