import Competition
import Feeds
import TestKit
import Testing

@Suite("Coarser candles")
struct CandleResamplerTests {
  private static let start = Timestamp(seconds: 1_770_000_000).floored(toSeconds: 86_400)
  private static let minutes = FeedKey(source: "s", subject: "BTC", kind: .candle, granularity: "1m")
  private static let ticks = FeedKey(source: "s", subject: "BTC", kind: .tick, granularity: "1s")

  /// Whole numbers, so that sums are exact in any order.
  private static func candle(
    _ minute: Int, _ open: Int, _ high: Int, _ low: Int, _ close: Int, _ volume: Int, closed: Bool = true
  ) -> FeedRecord {
    FeedRecord(
      key: minutes, eventTime: start.adding(seconds: 60 * minute),
      ingestedTime: start.adding(seconds: 60 * minute + (closed ? 60 : 30)),
      values: [
        "open": .double(Double(open)), "high": .double(Double(high)), "low": .double(Double(low)),
        "close": .double(Double(close)), "volume": .double(Double(volume)),
      ], meta: [FeedRecord.closedMetaKey: .bool(closed)])
  }

  private static func tick(_ second: Double, _ price: Double, quantity: Double? = nil) -> FeedRecord {
    var values: JSONObject = ["price": .double(price)]
    values["quantity"] = quantity.map { .double($0) }
    let time = Timestamp(microseconds: start.microseconds + Int64(second * 1e6))
    return FeedRecord(key: ticks, eventTime: time, ingestedTime: time, values: values)
  }

  private static func walk(_ count: Int, _ random: inout SeededNumbers) -> [FeedRecord] {
    var price = 50_000
    return (0..<count).map { minute in
      let open = price
      price += Int.random(in: -200...200, using: &random)
      return candle(
        minute, open, max(open, price) + Int.random(in: 0...50, using: &random),
        min(open, price) - Int.random(in: 0...50, using: &random), price, Int.random(in: 0...9, using: &random))
    }
  }

  /// The newest state of each candle, by its time.
  private static func newest(_ told: [FeedRecord]) -> [Timestamp: FeedRecord] {
    told.reduce(into: [:]) { $0[$1.eventTime] = $1 }
  }

  private static func number(_ record: FeedRecord?, _ name: String) -> Double? { record?.values[name]?.number }

  @Test(
    "keep volume, high, low, first open and last close, in whatever order and however often records come",
    arguments: 0..<40)
  func conserved(seed: Int) throws {
    var random = SeededNumbers(seed: UInt64(seed))
    let records = Self.walk(Int.random(in: 1...700, using: &random), &random)
    let granularity = try #require(
      ["2m", "5m", "15m", "1h", "4h", "1d"].randomElement(using: &random).flatMap { Granularity($0) })
    var resampler = try CandleResampler(of: Self.minutes, into: granularity, lateSeconds: 10)
    // Bunches of neighbours, shuffled within, some of them twice.
    var told: [FeedRecord] = []
    var index = 0
    while index < records.count {
      let size = Int.random(in: 1...9, using: &random)
      var bunch = Array(records[index..<min(index + size, records.count)])
      if Bool.random(using: &random) { bunch += bunch }
      told += resampler.add(bunch.shuffled(using: &random))
      index += size
    }
    let candles = Self.newest(told)
    let groups = Dictionary(grouping: records) { $0.eventTime.floored(toSeconds: granularity.seconds) }
    #expect(Set(candles.keys) == Set(groups.keys))
    for (start, parts) in groups {
      let candle = candles[start]
      #expect(Self.number(candle, "volume") == parts.reduce(0) { $0 + (Self.number($1, "volume") ?? 0) })
      #expect(Self.number(candle, "high") == parts.compactMap { Self.number($0, "high") }.max())
      #expect(Self.number(candle, "low") == parts.compactMap { Self.number($0, "low") }.min())
      #expect(Self.number(candle, "open") == Self.number(parts.first, "open"))
      #expect(Self.number(candle, "close") == Self.number(parts.last, "close"))
      // Only the last one may still form.
      if parts.count == granularity.seconds / 60 { #expect(candle?.isClosed == true) }
    }
  }

  @Test("made in one step or in several are the same", arguments: 0..<20)
  func steps(seed: Int) async throws {
    var random = SeededNumbers(seed: UInt64(seed))
    let records = Self.walk(600, &random)
    let hour = try #require(Granularity("1h"))
    var single = try CandleResampler(of: Self.minutes, into: hour, lateSeconds: 10)
    let direct = Self.newest(single.add(records))
    var chain = try ResamplerChain(
      of: Self.minutes, into: [hour, try #require(Granularity("5m")), try #require(Granularity("15m"))], lateSeconds: 10
    )
    #expect(chain.resamplers.map(\.source.granularity) == ["1m", "5m", "15m"])
    var told: [FeedRecord] = []
    for record in records {
      told += try await chain.add([record], stored: { _, _ in ([], true) }, store: { _ in }).filter {
        $0.key.granularity == "1h"
      }
    }
    let stepped = Self.newest(told)
    #expect(stepped.mapValues { $0.values } == direct.mapValues { $0.values })
    #expect(stepped.allSatisfy { $0.value.isClosed })
  }

  @Test("close when whole; forming parts keep them open, and their final values replace them")
  func forming() throws {
    var resampler = try CandleResampler(of: Self.minutes, into: try #require(Granularity("2m")), lateSeconds: 10)
    let first = resampler.add([Self.candle(0, 10, 12, 9, 11, 1)])
    #expect(first.map(\.isClosed) == [false])
    let second = resampler.add([Self.candle(1, 11, 20, 11, 19, 5, closed: false)])
    #expect(second.map(\.isClosed) == [false] && Self.number(second[0], "high") == 20)
    let third = resampler.add([Self.candle(1, 11, 15, 10, 12, 2)])
    #expect(third.map(\.isClosed) == [true])
    #expect(Self.number(third[0], "high") == 15 && Self.number(third[0], "volume") == 3)
    // The forming state that comes late changes nothing, nor does the same once more.
    #expect(resampler.add([Self.candle(1, 11, 20, 11, 19, 5, closed: false), Self.candle(0, 10, 12, 9, 11, 1)]) == [])
  }

  @Test("with a part missing close once the feed has gone on, say so, and are corrected when it comes")
  func hole() throws {
    var resampler = try CandleResampler(of: Self.minutes, into: try #require(Granularity("2m")), lateSeconds: 60)
    #expect(resampler.add([Self.candle(0, 10, 12, 9, 11, 1)]).map(\.isClosed) == [false])
    let told = Self.newest(resampler.add([Self.candle(2, 11, 11, 11, 11, 1)]))
    let holed = try #require(told[Self.start])
    #expect(holed.isClosed && holed.meta["parts"] == 1 && holed.meta["of"] == 2)
    let corrected = resampler.add([Self.candle(1, 11, 30, 1, 12, 4)])
    #expect(corrected.count == 1 && corrected[0].isClosed && Self.number(corrected[0], "high") == 30)
    #expect(Self.number(corrected[0], "volume") == 5)
  }

  @Test("of ticks close after the time for late ones; a tick that comes later changes nothing and is counted")
  func lateTicks() throws {
    var resampler = try CandleResampler(of: Self.ticks, into: try #require(Granularity("1m")), lateSeconds: 5)
    _ = resampler.add([Self.tick(1, 100, quantity: 2), Self.tick(30.5, 110, quantity: 1), Self.tick(59.9, 90)])
    // In time: the candle is over and not closed.
    let late = Self.newest(resampler.add([Self.tick(62, 95), Self.tick(45, 120, quantity: 3)]))
    #expect(late[Self.start]?.isClosed == false && Self.number(late[Self.start], "high") == 120)
    let closed = Self.newest(resampler.add([Self.tick(65, 96)]))[Self.start]
    #expect(closed?.isClosed == true && Self.number(closed, "volume") == 6 && Self.number(closed, "close") == 90)
    #expect(Self.newest(resampler.add([Self.tick(50, 500), Self.tick(66, 97)]))[Self.start] == nil)
    #expect(resampler.lateTicks == 1)
  }

  @Test(
    "of ticks with a gap stay open until it is filled, and have all of its ticks, or until the time for that is over")
  func gap() throws {
    func resampler() throws -> CandleResampler {
      var resampler = try CandleResampler(
        of: Self.ticks, into: try #require(Granularity("1m")), lateSeconds: 5, patienceSeconds: 300)
      _ = resampler.add([Self.tick(1, 100, quantity: 1), Self.tick(20, 101, quantity: 1)])
      return resampler
    }
    let gap = FeedCoverage(gaps: [Self.start.adding(seconds: 21)...Self.start.adding(seconds: 3_599)])
    var repaired = try resampler()
    // The feed's time jumps over the gap, the time for its repair does not.
    #expect(Self.newest(repaired.add([Self.tick(3_600, 200)], coverage: gap))[Self.start]?.isClosed != true)
    #expect(repaired.unknownSpans(among: [Self.tick(130, 1)], coverage: gap).count == 1)
    let filled = Self.newest(
      repaired.add([Self.tick(30, 90, quantity: 2), Self.tick(59, 95, quantity: 3)], coverage: gap))
    #expect(filled[Self.start]?.isClosed == false && repaired.lateTicks == 0)
    let closed = Self.newest(repaired.add([Self.tick(3_601, 200)]))[Self.start]
    #expect(closed?.isClosed == true && Self.number(closed, "close") == 95 && Self.number(closed, "volume") == 7)
    var given = try resampler()
    _ = given.add([Self.tick(3_600, 200)], coverage: gap)
    #expect(Self.newest(given.add([Self.tick(3_899, 200)], coverage: gap))[Self.start]?.isClosed != true)
    #expect(Self.newest(given.add([Self.tick(3_900, 200)], coverage: gap))[Self.start]?.isClosed == true)
  }

  @Test("of candles with one missing wait for it, and close when it comes or when all is known to be there")
  func missing() throws {
    func resampler() throws -> CandleResampler {
      var resampler = try CandleResampler(
        of: Self.minutes, into: try #require(Granularity("2m")), lateSeconds: 10, patienceSeconds: 300)
      _ = resampler.add([Self.candle(0, 10, 12, 9, 11, 1)])
      #expect(Self.newest(resampler.add([Self.candle(4, 11, 11, 11, 11, 1)]))[Self.start]?.isClosed != true)
      return resampler
    }
    var filled = try resampler()
    let closed = Self.newest(filled.add([Self.candle(1, 11, 30, 1, 12, 4)]))[Self.start]
    #expect(closed?.isClosed == true && Self.number(closed, "high") == 30)
    var known = try resampler()
    let whole = FeedCoverage(whole: Self.start...Self.start.adding(seconds: 200))
    #expect(Self.newest(known.settle(whole))[Self.start]?.isClosed == true)
    var given = try resampler()
    #expect(Self.newest(given.add([Self.candle(9, 11, 11, 11, 11, 1)]))[Self.start]?.isClosed == true)
  }

  @Test("are not made up where nothing traded")
  func quiet() throws {
    var resampler = try CandleResampler(of: Self.ticks, into: try #require(Granularity("1m")), lateSeconds: 0)
    let told = Self.newest(resampler.add([Self.tick(1, 100)]) + resampler.add([Self.tick(601, 101)]))
    #expect(told.keys.sorted() == [Self.start, Self.start.adding(seconds: 600)])
  }

  @Test("go on after a restart with what is stored")
  func restart() throws {
    let minute = try #require(Granularity("5m"))
    let records = (0..<5).map { Self.candle($0, 10 + $0, 20 + $0, 5, 11 + $0, 1) }
    var before = try CandleResampler(of: Self.minutes, into: minute, lateSeconds: 10)
    _ = before.add(Array(records[0..<3]))
    var after = try CandleResampler(of: Self.minutes, into: minute, lateSeconds: 10)
    let spans = after.unknownSpans(among: Array(records[3...]))
    #expect(spans.map(\.lowerBound) == [Self.start])
    for span in spans { after.load(span, records) }
    #expect(after.unknownSpans(among: Array(records[3...])) == [])
    let told = after.add(Array(records[3...]))
    #expect(told == before.add(Array(records[3...])))
    #expect(Self.number(told.last, "volume") == 5)
  }

  @Test("that cannot be made are refused with the reason")
  func refused() throws {
    let minute = try #require(Granularity("1m"))
    for (granularity, kind) in [
      ("1m", FeedKind.candle), ("5m", .candle), ("40s", .candle), ("1m", FeedKind(rawValue: "depth")),
    ] {
      let key = FeedKey(source: "s", subject: "BTC", kind: kind, granularity: granularity)
      let error = #expect(throws: FeedError.self) { try CandleResampler(of: key, into: minute, lateSeconds: 1) }
      #expect(error?.isTransient == false)
    }
  }
}
