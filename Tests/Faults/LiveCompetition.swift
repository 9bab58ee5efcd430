import ChildProcesses
import Foundation
import Store
import TestKit

/// A feed that goes on and models that answer, as in the demo; predict workers come and go as the experiment says.
struct LiveCompetition: Sendable {
  private let rig: FaultRig
  private let variables: [String: String?]
  private let feed: RunningProcess
  private let models: RunningProcess

  /// Lends a competition to `body` and ends it afterwards, also when `body` throws.
  static func with(_ rig: FaultRig, _ body: (LiveCompetition) async throws -> Void) async throws {
    let competition = try await LiveCompetition(rig)
    do {
      try await body(competition)
      await competition.stop()
    } catch {
      await competition.stop()
      throw error
    }
  }

  private init(_ rig: FaultRig) async throws {
    let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/Examples"
    let variables: [String: String?] = [
      "DATABASE_URL": rig.databaseURL, "REDIS_URL": rig.redis.url, "DATABASE_POOL_SIZE": "3",
      "CRUNCH_ID": "live", "CRUNCH_PUBKEY": "live-crunch",
      "FEED_PROVIDER": "replay", "FEED_SOURCE": "replay", "FEED_SUBJECTS": "AAPL,IBM", "FEED_KIND": "candle",
      "FEED_GRANULARITY": "1s", "FEED_POLL_SECONDS": "0.2", "FEED_BACKFILL_MINUTES": "2",
      "FEED_OPT_PATH": examples + "/demo/stocks.csv", "FEED_OPT_GRANULARITY": "1d", "FEED_OPT_SPEED": "86400",
      "SCHEDULED_PREDICTION_CONFIGS_PATH": examples + "/demo/configs.json",
      "MODEL_RUNNER_NODE_HOST": "127.0.0.1", "MODEL_RUNNER_NODE_PORT": String(try LoopbackPort.free()),
      "MODEL_RUNNER_TIMEOUT_SECONDS": "5", "MODELS_DIR": examples + "/models",
    ]
    self.rig = rig
    self.variables = variables
    let seeded = try await ChildProcess(
      executable: try Executables.products + "/coordinator", arguments: ["db", "init"], environment: variables
    ).run()
    guard seeded.exitCode == 0 else { throw NotSeeded(ending: "\(seeded)") }
    models = try Self.start("model-orchestrator", variables)
    feed = try Self.start("feed-data-worker", variables)
  }

  func predictWorker(_ changes: [String: String] = [:]) throws -> RunningProcess {
    try Self.start("predict-worker", variables.merging(changes) { _, change in change })
  }

  /// Waits until so many more slots are answered.
  func waitForSlots(_ count: Int, _ what: String) async throws {
    let before = try await answered()
    try await waitUntil(what) { try await answered() >= before + count }
  }

  private func answered() async throws -> Int {
    try await rig.count("SELECT count(DISTINCT (input_id, scope_key)) FROM predictions")
  }

  private func stop() async {
    await feed.stop()
    await models.stop()
  }

  private static func start(_ product: String, _ variables: [String: String?]) throws -> RunningProcess {
    RunningProcess(
      ChildProcess(executable: try Executables.products + "/" + product, environment: variables))
  }

  private struct NotSeeded: Error { var ending: String }
}
