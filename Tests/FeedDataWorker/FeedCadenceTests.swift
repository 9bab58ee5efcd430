import Testing

@testable import FeedDataWorker

@Suite("When a feed is asked")
struct FeedCadenceTests {
  private func cadence() -> FeedCadence {
    FeedCadence(pollPause: .seconds(5), silence: .seconds(60), firstPause: .seconds(1), longestPause: .seconds(4))
  }

  @Test("at every poll without a stream, seldom while one speaks")
  func pauses() {
    var cadence = cadence()
    #expect(cadence.isWalkDue(at: .seconds(100)))
    cadence.walked(at: .seconds(100))
    #expect(cadence.pause(at: .seconds(100)) == .seconds(5))
    cadence.heard(at: .seconds(101))
    cadence.walked(at: .seconds(105))
    #expect(!cadence.isWalkDue(at: .seconds(134)))
    #expect(cadence.isWalkDue(at: .seconds(135)))
  }

  @Test("soon when the stream is new or left something out")
  func missed() {
    var cadence = cadence()
    cadence.heard(at: .seconds(100))
    cadence.walked(at: .seconds(100))
    cadence.missed(at: .seconds(101))
    #expect(cadence.isWalkDue(at: .seconds(105)))
    #expect(!cadence.isWalkDue(at: .seconds(104)))
  }

  @Test("at once when the stream is gone, and then as often as without one")
  func lost() {
    var cadence = cadence()
    cadence.heard(at: .seconds(100))
    cadence.walked(at: .seconds(100))
    #expect(cadence.isStreaming(at: .seconds(159)))
    #expect(!cadence.isStreaming(at: .seconds(160)))
    cadence.lost(at: .seconds(110))
    #expect(cadence.isWalkDue(at: .seconds(110)))
    cadence.walked(at: .seconds(110))
    cadence.lost(at: .seconds(111))
    #expect(!cadence.isWalkDue(at: .seconds(114)))
    #expect(cadence.isWalkDue(at: .seconds(115)))
  }

  @Test("ever more rarely while the provider fails, never before it wants to be asked")
  func failures() {
    var cadence = cadence()
    let pauses = (0..<4).map { _ in cadence.failed(at: .seconds(100), retryAfter: nil) }
    #expect(pauses == [.seconds(1), .seconds(2), .seconds(4), .seconds(4)])
    #expect(cadence.failed(at: .seconds(100), retryAfter: .seconds(90)) == .seconds(90))
    #expect(!cadence.isWalkDue(at: .seconds(189)))
    cadence.walked(at: .seconds(190))
    #expect(cadence.failed(at: .seconds(200), retryAfter: nil) == .seconds(1))
  }
}
