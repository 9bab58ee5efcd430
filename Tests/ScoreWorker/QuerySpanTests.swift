import Testing

@testable import Competition

@Suite("Truth queries read as one")
struct QuerySpanTests {
  private static let start = Timestamp(seconds: 1_771_000_000)
  private static let resolver = GroundTruthResolver(contract: .default, graceSeconds: 300, maxWaitSeconds: 86_400)
  private static let feed = FeedKey(source: "s", subject: "BTC", kind: .tick, granularity: "1s")

  private func query(_ from: Int, _ through: Int) -> TruthQuery {
    var query = Self.resolver.query(feed: Self.feed, performedAt: Self.start, resolvableAt: Self.start)
    query.from = Self.start.adding(seconds: from)
    query.through = Self.start.adding(seconds: through)
    return query
  }

  private func span(_ from: Int, _ through: Int, _ members: [Int]) -> QuerySpan {
    QuerySpan(
      from: Self.start.adding(seconds: from), through: Self.start.adding(seconds: through), members: members)
  }

  @Test("queries that overlap or lie close together are one span, others have their own")
  func merging() {
    #expect(QuerySpan.merging([]).isEmpty)
    let merged = QuerySpan.merging([query(500, 600), query(0, 100), query(50, 80), query(160, 200)])
    #expect(merged == [span(0, 200, [1, 2, 3]), span(500, 600, [0])])
  }

  @Test("merging ends at a day, so that a long backlog is read in parts")
  func longest() {
    let hours = (0..<60).map { query($0 * 3_600, ($0 + 1) * 3_600) }
    let spans = QuerySpan.merging(hours)
    #expect(spans.count == 3)
    #expect(spans.allSatisfy { $0.through.seconds(since: $0.from) <= QuerySpan.maximumSeconds })
    #expect(spans.flatMap(\.members) == Array(0..<60))
  }

  @Test("every query is in exactly one span, which covers it")
  func covering() {
    var generator = Numbers(state: 11)
    for _ in 0..<200 {
      let queries = (0..<40).map { _ in
        let from = generator.next(below: 200_000)
        return query(from, from + generator.next(below: 120_000))
      }
      let spans = QuerySpan.merging(queries)
      #expect(spans.flatMap(\.members).sorted() == Array(queries.indices))
      for span in spans {
        for index in span.members {
          #expect(span.from <= queries[index].from && queries[index].through <= span.through)
        }
      }
    }
  }

  @Test("the records between two times are those, both ends included")
  func between() {
    let records = [0, 10, 20, 20, 30].map {
      FeedRecord(
        key: Self.feed, eventTime: Self.start.adding(seconds: $0), ingestedTime: Self.start, values: [:])
    }
    func times(_ from: Int, _ through: Int) -> [Int] {
      records.between(Self.start.adding(seconds: from), Self.start.adding(seconds: through)).map {
        Int($0.eventTime.seconds(since: Self.start))
      }
    }
    #expect(times(10, 20) == [10, 20, 20])
    #expect(times(-5, 100) == [0, 10, 20, 20, 30])
    #expect(times(11, 19) == [])
    #expect(times(30, 30) == [30])
    #expect(times(31, 50) == [])
    #expect(times(-9, -1) == [])
    #expect(times(20, 10) == [])
    #expect([FeedRecord]().between(Self.start, Self.start).isEmpty)
  }
}

/// The same numbers every time.
struct Numbers {
  var state: UInt64

  mutating func next(below limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }
}
