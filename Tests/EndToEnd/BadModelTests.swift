import Competition
import Foundation
import Postgres
import TestKit
import Testing

extension EndToEnd {
  @Suite("A model that misbehaves")
  struct BadModelTests {
    /// What the method `predict` of each bad model does, and what its predictions' reason says.
    private static let bad = [
      (id: "nan", body: "return {'value': float('nan')}", reason: "no number"),
      (id: "raises", body: "raise ValueError('broken on purpose')", reason: "broken on purpose"),
      (id: "hangs", body: "time.sleep(3600)", reason: "late"),
      (id: "huge", body: "return {'value': 0.5, 'padding': 'x' * 5_000_000}", reason: "bytes"),
    ]

    @Test("fails alone and says why; the others' predictions are all there and scored")
    func alone() async throws {
      let models = try Self.modelsFolder()
      defer { removeFolder(models) }
      try await RunningNode.with(variables: ["MODELS_DIR": models]) { node in
        try await waitUntil("predictions of all models") {
          try await node.count("SELECT count(DISTINCT model_id) FROM predictions") == 6
        }
        for bad in Self.bad {
          try await waitUntil("\(bad.id) fails with its reason") {
            try await node.count(
              "SELECT count(*) FROM predictions WHERE model_id = $1 AND failed_reason ILIKE '%' || $2 || '%'",
              [.text(bad.id), .text(bad.reason)]) > 0
          }
        }
        try await waitUntil("the good ones are scored") {
          try await node.count("SELECT count(*) FROM predictions WHERE status = 'SCORED' AND model_id IN ('1', '5')")
            > 40
        }
        #expect(try await node.interrupt().exitCode == 0)
        let failed = try await node.database.store.pool.query(
          """
          SELECT concat_ws(' ', id, status, failed_reason) FROM predictions
          WHERE model_id IN ('1', '5') AND status <> 'SCORED'
          """
        ).map { try $0.text(0) }
        #expect(failed == [])
        let scored = try await node.count(
          """
          SELECT count(*) FROM predictions
          WHERE model_id NOT IN ('1', '5') AND model_id NOT LIKE '\\_\\_ensemble%' AND status = 'SCORED'
          """)
        #expect(scored == 0)
        let findings = try await node.database.store.audit.violations(atRest: true)
        #expect(findings == [])
      }
    }

    /// Two of the example models, and the bad ones.
    private static func modelsFolder() throws -> String {
      let examples = RunningNode.root + "/Tests/Examples/models"
      let folder = NSTemporaryDirectory() + "/models-\(UUID().uuidString)"
      let files = FileManager.default
      try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for name in ["_base", "momentum", "steady_bull"] {
        try files.copyItem(atPath: examples + "/" + name, toPath: folder + "/" + name)
      }
      for model in bad {
        try files.createDirectory(atPath: folder + "/" + model.id, withIntermediateDirectories: false)
        let source = """
          import time
          from tracker import TrackerBase

          class Bad(TrackerBase):
              def predict(self, subject, resolve_horizon_seconds, step_seconds):
                  \(model.body)
          """
        try source.write(toFile: "\(folder)/\(model.id)/main.py", atomically: false, encoding: .utf8)
        try #"{"model_id": "\#(model.id)"}"#.write(
          toFile: "\(folder)/\(model.id)/model.json", atomically: false, encoding: .utf8)
      }
      return folder
    }

    private func removeFolder(_ path: String) {
      do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
    }
  }
}
