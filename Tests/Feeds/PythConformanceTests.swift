import Competition
import Testing
import VectorKit

@testable import Feeds

/// Left out of the comparison: prices that 0.1.1 makes up where Hermes has none, and buckets of granularities that the
/// original does not know (it takes a minute; ours takes what the granularity says).
@Suite("Pyth, as the original reads it")
struct PythConformanceTests {
  @Test("updates become the same records, and the same feeds are asked for", arguments: ["v011", "v101"])
  func latest(version: String) throws {
    let cases = try Vectors("\(version)_pyth_latest").cases
    #expect(cases.count > 0)
    for item in cases where !item.isRefused {
      var options: [String: String] = [:]
      for option in item.input["options"]?.object ?? [:] { options[option.key] = option.value.string }
      let provider = try PythProvider(FeedOptions(options))
      var found: [FeedRecord] = []
      var asked: [String] = []
      for subject in item.request.subjects {
        guard let id = provider.feedID(of: subject) else { continue }
        asked.append(id)
        let parsed = item.input["parsed"] ?? .null
        found += PythProvider.updates(parsed, id: id, request(item, subject)).taken.map(\.record)
      }
      let expected = item.records.filter { !Self.isMadeUp($0, item, provider) }
      let isSame = agree(found.sorted(like: expected), expected)
      let isCompared = Self.isKnownBucket(item.request)
      #expect(isSame || !isCompared, "\(item.id): \(found.count) of \(expected.count)")
      if let requested = item.members["requested_ids"]?.array {
        #expect(Set(asked) == Set(requested.compactMap(\.string)), "\(item.id)")
      }
    }
  }

  private func request(_ item: Vectors.Case, _ subject: String) -> FeedRequest {
    // Without an end the original takes the clock for an update without a time; those are compared only with one.
    FeedRequest(
      key: item.request.key(source: "pyth", subject: subject),
      start: item.request["start_ts"]?.epoch, end: item.request["end_ts"]?.epoch,
      now: item.request["end_ts"]?.epoch ?? Timestamp(seconds: 1_770_000_100))
  }

  private static func isKnownBucket(_ request: JSON) -> Bool {
    let key = request.key(source: "pyth", subject: "")
    return key.kind != .candle || ["1s", "1m", "5m"].contains(key.granularity)
  }

  /// Whether Hermes' answer has no price of the record's subject.
  private static func isMadeUp(_ record: JSON, _ item: Vectors.Case, _ provider: PythProvider) -> Bool {
    guard let id = record["subject"]?.string.flatMap(provider.feedID) else { return true }
    let updates = item.input["parsed"]?.array ?? []
    return !updates.contains { update in
      update["id"]?.string?.lowercased() == id.lowercased() && update["price"]?["price"]?.floatValue != nil
        && update["price"]?["expo"] != nil
    }
  }

  @Test("a candle's time is the start of its bucket", arguments: ["v011", "v101"])
  func bucket(version: String) throws {
    let cases = try Vectors("\(version)_pyth_bucket").cases
    var compared = 0
    for item in cases {
      let granularity = (item.input["granularity"]?.string ?? "").trimmingCharacters(in: .whitespaces)
      guard ["1s", "1m", "5m"].contains(granularity) else { continue }
      let time = try #require(item.input["ts_event"]?.epoch)
      let start = time.floored(toSeconds: PythProvider.bucketSeconds(granularity))
      #expect(start.seconds == item.expected?.int, "\(item.id)")
      compared += 1
    }
    #expect(compared > 0)
  }
}

extension [FeedRecord] {
  /// In the order of Hermes' answer instead of that of the subjects.
  fileprivate func sorted(like expected: [JSON]) -> [FeedRecord] {
    let order = expected.compactMap { $0["subject"]?.string }
    return sorted { (order.firstIndex(of: $0.key.subject) ?? 0) < (order.firstIndex(of: $1.key.subject) ?? 0) }
  }
}
