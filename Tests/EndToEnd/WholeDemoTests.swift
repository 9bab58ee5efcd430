import Competition
import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("The demo")
  struct WholeDemoTests {
    @Test("scores five models that differ, ranks them, pays everything out, and Ctrl-C leaves nothing running")
    func wholeWay() async throws {
      try await RunningNode.with(variables: ["CHECKPOINT_INTERVAL_SECONDS": "5"]) { node in
        try await waitUntil("scores of five models") {
          try await node.count(
            "SELECT count(DISTINCT p.model_id) FROM scores s JOIN predictions p ON p.id = s.prediction_id") == 5
        }
        try await waitUntil("a checkpoint that pays") {
          try await node.count(
            "SELECT count(*) FROM checkpoints WHERE jsonb_array_length(entries_jsonb -> 0 -> 'cruncher_rewards') = 5"
          ) > 0
        }
        try await waitUntil("200 scores") { try await node.scores() >= 200 }

        let board = try await node.report("/reports/leaderboard").array ?? []
        let values = board.compactMap { $0["score_ranking"]?["value"]?.number }
        #expect(board.count == 5)
        #expect(board.compactMap { $0["rank"]?.int } == [1, 2, 3, 4, 5])
        #expect(values == values.sorted(by: >))
        #expect(Set(values).count == 5)
        try await waitUntil("metrics of models and of both ensembles") {
          let rows = try await node.report("/reports/leaderboard?include_ensembles=true").array ?? []
          let measured = rows.filter { $0["hit_rate"]?.number != nil && $0["mean_return"]?.number != nil }
          return rows.count == 7 && measured.count == 7
        }
        let late = try await node.count(
          """
          SELECT count(*) FROM predictions
          WHERE status = 'PENDING' AND resolvable_at < clock_timestamp() - interval '65 seconds'
          """)
        #expect(late == 0)

        let pid = try #require(node.process.pid)
        let family = SystemProcess.family(of: pid)
        #expect(family.count >= 12, "the command, six workers and five models")
        #expect(try await node.interrupt().exitCode == 0)
        #expect(family.filter(SystemProcess.isAlive).map(SystemProcess.description(of:)) == [])
        let findings = try await node.database.store.audit.violations(atRest: true)
        #expect(findings == [])
        #expect(node.process.lines.contains("emission     1000000000 frac64 in the newest checkpoint"))
      }
    }

    @Test("ends by itself after its time, with a summary")
    func ends() async throws {
      try await RunningNode.with(arguments: ["--seconds", "2"]) { node in
        let ending = try await node.process.ending
        #expect(ending.exitCode == 0)
        let summary = node.process.lines.drop { !$0.hasPrefix("draining") }
          .compactMap { $0.split(separator: " ").first }
        for line in ["records", "inputs", "predictions", "scores", "snapshots", "checkpoints", "emission"] {
          #expect(summary.contains(line[...]), "no line of \(line)")
        }
      }
    }

    @Test("that is killed takes everything it started with it")
    func killed() async throws {
      try await RunningNode.with { node in
        try await waitUntil("all workers and models") {
          guard let pid = node.process.pid else { return false }
          return SystemProcess.family(of: pid).count >= 12
        }
        let family = SystemProcess.family(of: try #require(node.process.pid))
        node.process.signal(SIGKILL)
        try await waitUntil("all are gone") { !family.contains(where: SystemProcess.isAlive) }
      }
    }
  }
}
