import ServiceKit

/// What the stories need of the settings that workers read: by them a worker decides what happens next.
package struct ExplainSettings: Sendable {
  package var score: ScoreSettings
  package var feed: FeedSettings

  package init(_ reader: inout SettingsReader) {
    score = ScoreSettings(&reader)
    feed = FeedSettings(&reader)
  }
}
