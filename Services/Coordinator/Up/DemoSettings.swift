import Foundation
import ServiceKit

/// The settings of the demo, in variables. One that is set already holds.
enum DemoSettings {
  static func variables() async throws -> [(String, String)] {
    let examples = FileManager.default.currentDirectoryPath + "/Tests/Examples"
    return [
      ("CRUNCH_ID", "demo"), ("CRUNCH_PUBKEY", "demo-crunch"),
      ("FEED_PROVIDER", "replay"), ("FEED_SOURCE", "replay"), ("FEED_SUBJECTS", "AAPL,IBM,MSFT"),
      ("FEED_KIND", "candle"), ("FEED_GRANULARITY", "1s"), ("FEED_POLL_SECONDS", "0.2"), ("FEED_BACKFILL_MINUTES", "2"),
      ("FEED_OPT_PATH", examples + "/demo/stocks.csv"), ("FEED_OPT_GRANULARITY", "1d"), ("FEED_OPT_SPEED", "86400"),
      ("CRUNCH_CONTRACT", examples + "/demo/contract.yaml"),
      ("SCHEDULED_PREDICTION_CONFIGS_PATH", examples + "/demo/configs.json"),
      ("SCORE_INTERVAL_SECONDS", "5"), ("CHECKPOINT_INTERVAL_SECONDS", "15"), ("GROUND_TRUTH_GRACE_SECONDS", "5"),
      ("MODEL_RUNNER_NODE_HOST", "127.0.0.1"), ("MODEL_RUNNER_TIMEOUT_SECONDS", "5"),
      ("MODEL_RUNNER_NODE_PORT", String(try await FreePort.find())),
      ("MODELS_DIR", examples + "/models"), ("REPORT_HOST", "127.0.0.1"),
      ("REPORT_PORT", String(await FreePort.isTaken(8000) ? try await FreePort.find() : 8000)),
    ]
  }
}
