import Competition
import TestKit
import Testing

@testable import Feeds

@Suite("The parts of a candle")
struct CandlePartsTests {
  private static let start = Timestamp(seconds: 1_770_000_000).floored(toSeconds: 86_400)
  private static let minutes = FeedKey(source: "s", subject: "BTC", kind: .candle, granularity: "1m")
  private static let length = 300
  private static let lateSeconds = 10

  /// Makes all candles from nothing whenever it is asked, of all that ever came.
  private struct Plain {
    private var parts: [Timestamp: FeedRecord] = [:]
    private var told: [Timestamp: (values: JSONObject, isClosed: Bool)] = [:]
    private var clock: Timestamp?

    mutating func add(_ records: [FeedRecord]) -> [Timestamp: JSONObject] {
      for record in records.sorted(by: { $0.eventTime < $1.eventTime }) {
        let known = parts[record.eventTime]
        if record.isClosed || known?.isClosed != true { parts[record.eventTime] = record }
        let time = record.isClosed ? record.knownTime : record.eventTime
        clock = max(clock ?? time, time)
      }
      var news: [Timestamp: JSONObject] = [:]
      for (start, members) in Dictionary(grouping: parts.values, by: { $0.eventTime.floored(toSeconds: length) }) {
        let isOver = clock.map { $0 >= start.adding(seconds: length + lateSeconds) } ?? false
        let isClosed = told[start]?.isClosed == true || members.count(where: \.isClosed) == length / 60 || isOver
        let values = Self.values(members.sorted { $0.eventTime < $1.eventTime })
        if let known = told[start], known.values == values, known.isClosed == isClosed { continue }
        told[start] = (values, isClosed)
        news[start] = values
      }
      return news
    }

    func isClosed(_ start: Timestamp) -> Bool { told[start]?.isClosed ?? false }

    private static func values(_ ordered: [FeedRecord]) -> JSONObject {
      func all(_ name: String) -> [Double] { ordered.compactMap { $0.values[name]?.number } }
      return [
        "open": .double(all("open").first ?? .nan), "high": .double(all("high").max() ?? .nan),
        "low": .double(all("low").min() ?? .nan), "close": .double(all("close").last ?? .nan),
        "volume": .double(all("volume").reduce(0, +)),
      ]
    }
  }

  /// A state of a minute; what it says differs from that of the same minute at another time, and is no whole number.
  private static func state(_ minute: Int, _ random: inout SeededNumbers) -> FeedRecord {
    let prices = (0..<4).map { _ in Double.random(in: 90...110, using: &random) }
    let isClosed = Int.random(in: 0..<3, using: &random) > 0
    let time = start.adding(seconds: 60 * minute)
    return FeedRecord(
      key: minutes, eventTime: time, ingestedTime: time.adding(seconds: isClosed ? 60 : 30),
      values: [
        "open": .double(prices[0]), "high": .double(prices.max() ?? 0), "low": .double(prices.min() ?? 0),
        "close": .double(prices[3]), "volume": .double(Double.random(in: 0...3, using: &random)),
      ], meta: [FeedRecord.closedMetaKey: .bool(isClosed)])
  }

  @Test(
    "give the candles that making them anew of everything gives, to the last bit and with each take, whatever comes when",
    arguments: 0..<60)
  func asMadeAnew(seed: Int) throws {
    var random = SeededNumbers(seed: UInt64(seed))
    var plain = Plain()
    var resampler = try CandleResampler(
      of: Self.minutes, into: try #require(Granularity("5m")), lateSeconds: Self.lateSeconds)
    // Six candles: as many as are remembered closed.
    for take in 0..<120 {
      let bunch = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        Self.state(min(29, max(0, take / 4 + Int.random(in: -8...1, using: &random))), &random)
      }
      let told = resampler.add(bunch)
      #expect(Dictionary(uniqueKeysWithValues: told.map { ($0.eventTime, $0.values) }) == plain.add(bunch))
      #expect(told.allSatisfy { $0.isClosed == plain.isClosed($0.eventTime) })
      #expect(told.map(\.eventTime) == told.map(\.eventTime).sorted())
    }
  }

  private static func part(_ number: Int) -> CandleParts.Part {
    let price = Double(100 + number * 37 % 101)
    return CandleParts.Part(open: price, high: price, low: price, close: price, volume: 0.1, isClosed: true)
  }

  @Test("are added up once each, however often the candle is asked for; one that is late costs as many as follow it")
  func steps() throws {
    var parts = CandleParts()
    for number in 0..<5_000 where number != 4_990 {
      _ = parts.put(Self.part(number), at: Self.start.adding(seconds: number))
      let (values, again) = (parts.values(), parts.values())
      #expect(values?["close"]?.number == Self.part(number).close && again == values)
    }
    #expect(parts.steps == 4_999)
    _ = parts.put(Self.part(4_990), at: Self.start.adding(seconds: 4_990))
    let values = parts.values()
    #expect(values?["volume"]?.number == (0..<5_000).reduce(0) { sum, _ in sum + 0.1 })
    #expect(parts.steps == 4_999 + 10 && parts.count == 5_000 && parts.closedCount == 5_000)
  }
}
