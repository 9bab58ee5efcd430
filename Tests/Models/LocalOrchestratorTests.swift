import Competition
import Foundation
import HTTPFetch
import TestKit
import Testing
import WebSockets

@testable import Models

@Suite("The models of a folder", .serialized, .timeLimit(.minutes(5)))
struct LocalOrchestratorTests {
  @Test("are run and announced; one that raises, hangs, answers NaN or 5 MB leaves the others as they are")
  func badNeighbours() async throws {
    try await LocalOrchestrator.with([
      "good": "return {'value': self.closes(subject)[-1]}",
      "hangs": "time.sleep(3600)",
      "huge": "return {'value': 0.5, 'padding': 'x' * 5_000_000}",
      "nan": "return {'value': float('nan')}",
      "raises": "raise ValueError('on purpose')",
    ]) { orchestrator in
      // The call that hangs is on its way for as long as the test is: the node answers none that it is busy.
      try await RunningCluster.with(port: orchestrator.port, timeoutSeconds: 600) { models in
        let names = ["good", "hangs", "huge", "nan", "raises"]
        try await models.waitFor(names)
        for close in [7.0, 8.0, 9.0] {
          await models.tick([close])
          let answers = await models.ask(names, deadline: .seconds(20))
          #expect(answers["good"]?.value?["value"]?.number == close)
          #expect(answers["hangs"] == .late)
          #expect(answers["huge"]?.value?["padding"]?.string?.utf8.count == 5_000_000)
          #expect(answers["nan"]?.value?["value"]?.number?.isNaN == true)
          #expect(answers["raises"]?.failure?.contains("on purpose") == true)
        }
        let model = await models.cluster.models().first { $0.id == "good" }
        #expect(model?.playerID == "p-good")
        #expect(model?.playerName == "Player")
        #expect(orchestrator.nodes.count == 5)
      }
    }
  }

  @Test("are announced under the host that the orchestrator is told, and answer there")
  func advertised() async throws {
    let host = ProcessInfo.processInfo.hostName
    try await LocalOrchestrator.with(
      ["good": "return {'value': 1}"], variables: ["MODEL_ADVERTISED_HOST": host]
    ) { orchestrator in
      try await RunningCluster.with(port: orchestrator.port) { models in
        try await models.waitFor(["good"])
        #expect(await models.cluster.announced().map(\.host) == [host])
        #expect(await models.ask(["good"])["good"]?.value == ["value": 1])
      }
    }
  }

  @Test("start again when they end, with a new deployment, and come and go with their folders")
  func restarts() async throws {
    try await LocalOrchestrator.with([
      "dies": "os._exit(3) if step_seconds == 15 else None", "lives": "return {'value': 1}",
    ]) { orchestrator in
      try await RunningCluster.with(port: orchestrator.port) { models in
        try await models.waitFor(["dies", "lives"])
        let first = await models.cluster.models().first?.deploymentIdentifier
        #expect(await models.ask(["dies"])["dies"]?.failure != nil)
        try await waitUntil("a new deployment") {
          let now = await models.cluster.models().first { $0.id == "dies" }?.deploymentIdentifier
          return now != nil && now != first
        }
        #expect(await models.ask(["lives"])["lives"]?.value?["value"] == 1)

        try orchestrator.write("later", "return {'value': 2}")
        try await models.waitFor(["dies", "later", "lives"])
        try orchestrator.remove("dies")
        try await models.waitFor(["later", "lives"])
      }
    }
  }

  @Test("that are reported stay stopped; those without a folder card or with a broken one harm nobody")
  func reported() async throws {
    try await LocalOrchestrator.with(["good": "return {'value': 1}"]) { orchestrator in
      try FileManager.default.createDirectory(
        atPath: orchestrator.folder + "/broken", withIntermediateDirectories: true)
      try "{".write(toFile: orchestrator.folder + "/broken/model.json", atomically: true, encoding: .utf8)
      try "x = 1".write(toFile: orchestrator.folder + "/broken/main.py", atomically: true, encoding: .utf8)
      try orchestrator.write("bad", "return 0")
      try "x = 1".write(toFile: orchestrator.folder + "/bad/main.py", atomically: true, encoding: .utf8)
      try await RunningCluster.with(port: orchestrator.port) { models in
        try await models.waitFor(["good"])
        try await waitUntil("only the good one runs") { orchestrator.nodes.count == 1 }
        #expect(await models.ask(["good"])["good"]?.value?["value"] == 1)
      }
    }
  }

  @Test("end before their orchestrator when that is asked to end, and with it when it is killed")
  func endWithIt() async throws {
    try await LocalOrchestrator.with(["a": "return {'value': 1}", "b": "return {'value': 1}"]) { orchestrator in
      try await waitUntil("both run") { orchestrator.nodes.count == 2 }
      let nodes = orchestrator.nodes
      orchestrator.signal(SIGTERM)
      #expect(try await orchestrator.ending.exitCode == 0)
      #expect(nodes.allSatisfy(Self.isGone))
    }
    try await LocalOrchestrator.with(["a": "return {'value': 1}"]) { orchestrator in
      try await waitUntil("it runs") { orchestrator.nodes.count == 1 }
      let nodes = orchestrator.nodes
      orchestrator.signal(SIGKILL)
      try await waitUntil("it is gone") { nodes.allSatisfy(Self.isGone) }
    }
  }

  private static func isGone(_ pid: Int32) -> Bool {
    guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return true }
    return String(decoding: data, as: UTF8.self).split(separator: ")").last?.hasPrefix(" Z") == true
  }

  @Test("are announced over WebSocket only, and another competition has none of them")
  func otherCallers() async throws {
    try await LocalOrchestrator.with(["good": "return {'value': 1}"]) { orchestrator in
      try await RunningCluster.with(port: orchestrator.port) { models in
        try await models.waitFor(["good"])
        let answer = try await HTTPClient().send(HTTPRequest(url: "http://127.0.0.1:\(orchestrator.port)/test"))
        #expect(answer.status == 426)

        let link = try await WebSocketLink.connect(host: "127.0.0.1", port: orchestrator.port, path: "/other")
        let (messages, message) = AsyncStream<String>.makeStream()
        let (outgoing, _) = AsyncStream<String>.makeStream()
        let running = Task { try await link.run(outgoing: outgoing) { message.yield($0) } }
        var iterator = messages.makeAsyncIterator()
        #expect(try await iterator.next().map { try OrchestratorMessage(parsing: $0) } == .initial([]))
        running.cancel()
        _ = await running.result
      }
    }
  }
}
