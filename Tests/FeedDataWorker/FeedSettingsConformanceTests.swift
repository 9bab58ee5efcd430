import Competition
import Feeds
import ServiceKit
import Testing
import VectorKit

/// Left out of the comparison: an empty `FEED_PROVIDER`, which is not set here (as every empty variable) and an error
/// there; the default of 0.1.101, since that of 0.1.1 holds (decision 27).
@Suite("The feed's settings, as the original reads them")
struct FeedSettingsConformanceTests {
  @Test("provider and options are the same", arguments: ["v011", "v101"])
  func registry(version: String) throws {
    let cases = try Vectors("\(version)_feed_registry").cases
    #expect(cases.count > 0)
    for item in cases {
      var environment: [String: String] = [:]
      for variable in item.input["environ"]?.object ?? [:] { environment[variable.key] = variable.value.string }
      if environment["FEED_PROVIDER"]?.isEmpty == true { continue }
      var reader = SettingsReader(environment: environment)
      let feed = FeedSettings(&reader)
      guard let expected = item.expected else {
        #expect(!FeedRegistry.names.contains(feed.provider), "\(item.id)")
        continue
      }
      #expect(environment["FEED_PROVIDER"] == nil || feed.provider == expected["provider"]?.string, "\(item.id)")
      let options = (expected["options"]?.object ?? [:]).map { ($0.key, $0.value.string ?? "") }
      #expect(feed.options == Dictionary(options) { first, _ in first }, "\(item.id)")
    }
  }
}
