import Bus
import Foundation
import ServiceKit

/// The settings of all processes of a node, read at once.
struct NodeSettings: Sendable {
  let common: CommonSettings
  let feed: FeedWorkerSettings
  let predict: PredictSettings
  let score: ScoreSettings
  let checkpoint: CheckpointSettings
  let report: ReportSettings
  let seed: SeedSettings
  let reader: SettingsReader

  /// What is wrong with them is in `reader.problems`; defaults stand in for it.
  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    var reader = SettingsReader(environment: environment)
    common = CommonSettings(&reader)
    feed = FeedWorkerSettings(&reader)
    predict = PredictSettings(&reader)
    score = ScoreSettings(&reader)
    checkpoint = CheckpointSettings(&reader)
    report = ReportSettings(&reader)
    _ = OrchestratorSettings(&reader)
    seed = SeedSettings(&reader)
    self.reader = reader
  }

  /// Each variable once, in the order in which the processes ask for them.
  var unique: [ReadSetting] {
    var seen: Set<String> = []
    return reader.settings.filter { seen.insert($0.name).inserted }
  }

  /// What is wrong, each once: several processes read the same variable.
  var problems: [SettingProblem] {
    var seen: Set<SettingProblem> = []
    return reader.problems.filter { seen.insert($0).inserted }
  }

  func bus(clientName: String) -> RedisBus {
    RedisBus(common.redis, keyPrefix: common.keyPrefix, clientName: clientName)
  }
}
