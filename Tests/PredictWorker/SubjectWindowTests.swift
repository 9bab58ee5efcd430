import Competition
import Testing

@testable import PredictWorker

@Suite("The window of a subject")
struct SubjectWindowTests {
  private func window(_ records: [FeedRecord], capacity: Int = 4) -> SubjectWindow {
    var window = SubjectWindow(capacity: capacity)
    for record in records { _ = window.insert(record) }
    return window
  }

  private func closes(_ window: SubjectWindow) -> [Double] {
    window.records.compactMap { $0.values["close"]?.number }
  }

  @Test("it holds the newest records, ascending by time")
  func newest() {
    let window = window((0..<10).map { Sample.candle($0, close: Double($0)) })
    #expect(closes(window) == [6, 7, 8, 9])
  }

  @Test("records that come out of order take their place, also while it is filled from the past")
  func outOfOrder() {
    let order = [5, 2, 9, 3, 8, 0, 7]
    let window = window(order.map { Sample.candle($0, close: Double($0)) })
    #expect(closes(window) == [5, 7, 8, 9])
  }

  @Test("one that is older than a full window changes nothing")
  func tooOld() {
    var window = window((5..<9).map { Sample.candle($0) })
    let isChange = window.insert(Sample.candle(1))
    #expect(!isChange)
    #expect(window.records == (5..<9).map { Sample.candle($0) })
  }

  @Test("a forming candle is replaced by its next values and by its final ones")
  func forming() {
    var window = window([Sample.candle(0, close: 1)])
    let steps = [
      Sample.candle(1, close: 2, closed: false), Sample.candle(1, close: 3, closed: false),
      Sample.candle(1, close: 4, closed: true),
    ]
    var seen: [[Double]] = []
    for step in steps {
      let isChange = window.insert(step)
      #expect(isChange)
      seen.append(closes(window))
    }
    #expect(seen == [[1, 2], [1, 3], [1, 4]])
    #expect(window.records.map(\.isClosed) == [true, true])
  }

  @Test("a closed candle does not open again, but takes a correction")
  func closed() {
    var window = window([Sample.candle(0, close: 1)])
    let changes = [
      window.insert(Sample.candle(0, close: 9, closed: false)), window.insert(Sample.candle(0, close: 1)),
      window.insert(Sample.candle(0, close: 2)),
    ]
    #expect(changes == [false, false, true])
    #expect(closes(window) == [2])
  }

  @Test("a window of one shows the newest record")
  func one() {
    let window = window([2, 4, 3].map { Sample.candle($0, close: Double($0)) }, capacity: 1)
    #expect(closes(window) == [4])
  }

  @Test("a record is news once, when it is closed and known later than all before")
  func news() {
    var window = SubjectWindow(capacity: 4)
    let steps: [(FeedRecord, Bool)] = [
      (Sample.candle(1, closed: false), false), (Sample.candle(1), true), (Sample.candle(1), false),
      (Sample.candle(0), false), (Sample.candle(2, close: 5, closed: false), false), (Sample.candle(2), true),
    ]
    for (index, (record, expected)) in steps.enumerated() {
      _ = window.insert(record)
      let isNews = window.isNews(record)
      #expect(isNews == expected, "step \(index)")
    }
  }
}
