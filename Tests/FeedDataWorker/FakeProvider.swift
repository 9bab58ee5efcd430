import Competition
import Feeds
import Synchronization

/// A provider that has what a test gives it, and fails when the test says so. Time is the test's as well.
final class FakeProvider: FeedProvider {
  struct State {
    var records: [Timestamp: FeedRecord] = [:]
    var rejected: [String] = []
    var failure: FeedError?
    var refusal: FeedError?
    var now: Timestamp
    var requests: [FeedRequest] = []
    var checks = 0
  }

  let key: FeedKey
  private let prompt: Int?
  private let state: Mutex<State>

  /// - Parameter prompt: how much of the past is had quickly; nil: any.
  init(_ key: FeedKey, now: Timestamp, prompt: Int? = nil) {
    self.key = key
    self.prompt = prompt
    state = Mutex(State(now: now))
  }

  var now: Timestamp { state.withLock { $0.now } }
  var requests: [FeedRequest] { state.withLock { $0.requests } }

  /// How often it was asked whether it has its feed.
  var checks: Int { state.withLock { $0.checks } }

  func advance(_ seconds: Int) { state.withLock { $0.now = $0.now.adding(seconds: seconds) } }
  func fail(_ reason: String?) { state.withLock { $0.failure = reason.map { FeedError($0) } } }
  /// Feeds are none of this provider's.
  func refuse(_ reason: String) { state.withLock { $0.refusal = FeedError(reason, isTransient: false) } }
  func reject(_ reasons: [String]) { state.withLock { $0.rejected = reasons } }

  func put(_ records: [FeedRecord]) {
    state.withLock { state in for record in records { state.records[record.eventTime] = record } }
  }

  /// Gives records at these seconds, with a close each.
  func put(_ seconds: some Sequence<Int>, close: Double = 1, closed: Bool = true) {
    state.withLock { state in
      for second in seconds {
        let time = Timestamp(seconds: Int64(second))
        let value: JSON = .double(close)
        state.records[time] = record(at: time, value, closed: closed, now: state.now)
      }
    }
  }

  private func record(at time: Timestamp, _ value: JSON, closed: Bool, now: Timestamp) -> FeedRecord {
    guard key.kind == .candle else {
      return FeedRecord(key: key, eventTime: time, ingestedTime: now, values: ["price": value, "quantity": 1.0])
    }
    return FeedRecord(
      key: key, eventTime: time, ingestedTime: now,
      values: ["open": value, "high": value, "low": value, "close": value, "volume": 1.0],
      meta: [FeedRecord.closedMetaKey: .bool(closed)])
  }

  /// A page as a stream tells it, of one record that it has.
  func page(_ second: Int) -> FeedPage {
    state.withLock { FeedPage(records: [$0.records[Timestamp(seconds: Int64(second))]].compactMap { $0 }) }
  }

  func take(_ seconds: some Sequence<Int>) {
    state.withLock { state in
      for second in seconds { state.records[Timestamp(seconds: Int64(second))] = nil }
    }
  }

  func subjects() -> [FeedSubject] { [] }
  func promptSeconds(of key: FeedKey) -> Int? { prompt }

  func fetch(_ request: FeedRequest) throws -> FeedPage {
    try state.withLock { state in
      state.requests.append(request)
      if let failure = state.failure { throw failure }
      let start = request.start ?? Timestamp(seconds: 0)
      let end = request.end ?? request.now
      let found = state.records.values.filter { (start...end).contains($0.eventTime) }.sorted {
        $0.eventTime < $1.eventTime
      }
      return FeedPage(records: Array(found.prefix(request.limit ?? .max)), rejected: state.rejected)
    }
  }

  func check(_ key: FeedKey, now: Timestamp) { state.withLock { $0.checks += 1 } }

  func prepare(_ key: FeedKey, stored: JSONObject, now: Timestamp) throws -> JSONObject {
    if let refusal = state.withLock({ $0.refusal }) { throw refusal }
    return stored.merging(["starts": .int((stored["starts"]?.int ?? 0) + 1)])
  }
}
