import Competition
import Diagnosis
import Store

/// Whether the schema is this build's, and something is asked of models at all.
struct SchemaCheck: Check {
  let store: Store
  /// False where a tournament's rounds are all that models are asked about.
  let needsConfigs: Bool
  var area: Finding.Area { .schema }

  func findings() async -> [Finding] {
    do {
      let status = try await store.migrator.status()
      guard status == .current else {
        return [.problem(.schema, "the schema does not fit", cause: "\(status)", remedy: Self.remedy(status))]
      }
      let active = try await store.configs.active()
      guard needsConfigs || !active.isEmpty else {
        return [.ok(.schema, "the schema is current, and models are asked in rounds only")]
      }
      guard !active.isEmpty else {
        return [
          .problem(
            .schema, "no prediction config is active", cause: "models are never asked",
            remedy: "run `coordinator db init` with CRUNCH_CONTRACT or SCHEDULED_PREDICTION_CONFIGS_PATH")
        ]
      }
      return [.ok(.schema, "the schema is current, \(active.count) prediction configs are active")]
    } catch {
      return [
        .problem(
          .schema, "the schema could not be looked at", cause: "\(error)", remedy: "bring PostgreSQL back first")
      ]
    }
  }

  private static func remedy(_ status: Migrator.Status) -> String {
    switch status {
    case .current: ""
    case .empty, .older: "run `coordinator db migrate`, then restart the workers"
    case .original: "end the original's workers, make a backup, run `coordinator db migrate`, then start the workers"
    case .foreign: "bring the tables into the original's shape, or use another database"
    case .newer: "run the workers of that build, or restore a backup"
    case .altered: "restore a backup"
    }
  }
}
