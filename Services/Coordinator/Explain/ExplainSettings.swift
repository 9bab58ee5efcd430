import Competition
import Foundation
import ServiceKit

/// What the stories need of the settings that workers read: by them a worker decides what happens next.
struct ExplainSettings: Sendable {
  var score: ScoreSettings
  var feed: FeedSettings

  static func read() throws -> ExplainSettings {
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let settings = ExplainSettings(score: ScoreSettings(&reader), feed: FeedSettings(&reader))
    try Connection.check(reader.problems)
    return settings
  }
}
