import Competition
import Testing
import VectorKit

@testable import Feeds

@Suite("Backfill, page by page")
struct BackfillConformanceTests {
  @Test("pages, requests and watermarks are those of the original", arguments: ["v011", "v101"])
  func walk(version: String) throws {
    let cases = try Vectors("\(version)_backfill").cases
    #expect(cases.count > 0)
    for item in cases where !item.isRefused {
      var requests: [JSON] = []
      var watermarks: [JSON] = []
      var pages = 0
      var records = 0
      for subject in item.input.subjects {
        let available = (item.input["available"]?[subject]?.array ?? []).compactMap(\.int)
        let key = FeedKey(
          source: item.input["source"]?.string ?? "", subject: subject, kind: .candle, granularity: "1m")
        var walk = BackfillWalk(
          key: key, start: try #require(item.input["start"]?.epoch),
          end: try #require(item.input["end"]?.epoch),
          limit: Int(try #require(item.input["page_size"]?.int)))
        while let request = walk.next(now: walk.end) {
          let start = request.start?.seconds ?? 0
          let end = request.end?.seconds ?? 0
          requests.append([
            "subject": .string(subject), "start_ts": .int(start), "end_ts": .int(end), "limit": JSON(walk.limit),
          ])
          let times = available.filter { (start...end).contains($0) }.prefix(walk.limit)
          let before = walk.reached
          walk.took(
            FeedPage(
              records: times.map {
                FeedRecord(key: key, eventTime: Timestamp(seconds: $0), ingestedTime: walk.end, values: ["price": 1.0])
              }))
          if let reached = walk.reached, reached != before {
            watermarks.append(["subject": .string(subject), "last_event_ts": .string(reached.iso8601(.offset))])
          }
        }
        pages += walk.pages
        records += walk.records
      }
      #expect(.array(requests) == item.members["requests"], "\(item.id)")
      #expect(Int64(pages) == item.expected?["pages_fetched"]?.int, "\(item.id)")
      #expect(Int64(records) == item.expected?["records_written"]?.int, "\(item.id)")
      let expected = (item.members["watermarks"]?.array ?? []).map { mark -> JSON in
        ["subject": mark["subject"] ?? .null, "last_event_ts": mark["last_event_ts"] ?? .null]
      }
      #expect(watermarks == expected, "\(item.id)")
    }
  }

  @Test("a walk to the present ends at a page that is not full")
  func shortPage() {
    let key = FeedKey(source: "s", subject: "A", kind: .tick, granularity: "1s")
    func page(_ times: [Int64], rejected: Int = 0) -> FeedPage {
      FeedPage(
        records: times.map {
          FeedRecord(
            key: key, eventTime: Timestamp(seconds: $0), ingestedTime: Timestamp(seconds: 0), values: ["price": 1.0])
        }, rejected: Array(repeating: "bad", count: rejected))
    }
    var walk = BackfillWalk(
      key: key, start: Timestamp(seconds: 0), end: Timestamp(seconds: 100), limit: 3, endsAtShortPage: true)
    walk.took(page([1, 2, 3]))
    #expect(walk.next(now: walk.end)?.start == Timestamp(seconds: 4))
    // A row that was left out counts: the page was full.
    walk.took(page([5, 6], rejected: 1))
    #expect(walk.next(now: walk.end) != nil)
    walk.took(page([7]))
    #expect(walk.next(now: walk.end) == nil)
  }
}
