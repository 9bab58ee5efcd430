import Competition
import Feeds
import Foundation

/// A source of data in Swift: one type in one file. This one computes the height of a tide, in centimetres, so it has any past
/// and needs no network; `FEED_OPT_RANGE` is the difference between high and low water.
///
/// In the node it is a file in `Shared/Feeds/Providers` and a line in `FeedRegistry`:
///
///     "tides": { options, _ in try TideProvider(options) },
public struct TideProvider: FeedProvider {
  private static let period = 44_714.0
  private let range: Double

  public init(_ options: FeedOptions) throws { range = try options.number("range", default: 400, atLeast: 0) }

  public func subjects() -> [FeedSubject] {
    [FeedSubject(symbol: "HARBOUR", kinds: ["tick"], granularities: ["1s", "1m", "1h"])]
  }

  /// What is not offered is refused at the start, with what is.
  public func prepare(_ key: FeedKey, stored: JSONObject, now: Timestamp) throws -> JSONObject {
    guard key.kind == .tick, Granularity(key.granularity) != nil else {
      throw FeedError("FEED_KIND \(key.kind.rawValue) is not offered by tides; expected tick", isTransient: false)
    }
    return stored
  }

  /// The records of the asked span, ascending, and not more than were asked for.
  public func fetch(_ request: FeedRequest) -> FeedPage {
    let step = Granularity(request.key.granularity)?.seconds ?? 1
    var time = (request.start ?? request.now).floored(toSeconds: step)
    var page = FeedPage()
    let end = min(request.end ?? request.now, request.now)
    while time <= end, page.records.count < request.limit ?? 500 {
      let height = 500 + range / 2 * sin(2 * .pi * time.timeInterval / Self.period)
      page.records.append(
        FeedRecord(key: request.key, eventTime: time, ingestedTime: request.now, values: ["price": .double(height)]))
      time = time.adding(seconds: step)
    }
    return page
  }
}
