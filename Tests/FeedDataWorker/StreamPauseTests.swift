import Testing

@testable import FeedDataWorker

@Suite("The pause before a stream is opened again")
struct StreamPauseTests {
  @Test(
    "there is none after one that was renewed; a server that ends it at once, however politely, is asked ever more rarely"
  )
  func pauses() {
    var pause = StreamPause(first: .seconds(1), longest: .seconds(4))
    func next(isRenewal: Bool, hasSpoken: Bool) -> Duration {
      pause.next(isRenewal: isRenewal, hasSpoken: hasSpoken, lasted: .seconds(4))
    }
    #expect(next(isRenewal: true, hasSpoken: true) == .zero)
    let silent = (0..<4).map { _ in next(isRenewal: true, hasSpoken: false) }
    #expect(silent == [.seconds(1), .seconds(2), .seconds(4), .seconds(4)])
    #expect(next(isRenewal: false, hasSpoken: false) == .seconds(4))
    #expect(next(isRenewal: false, hasSpoken: true) == .seconds(1))
    #expect(next(isRenewal: false, hasSpoken: false) == .seconds(2))
  }

  @Test(
    "a server that politely ends each connection after a message is asked again after the first pause"
  )
  func hasty() {
    var pause = StreamPause(first: .seconds(1), longest: .seconds(60))
    let hasty = (0..<3).map { _ in pause.next(isRenewal: true, hasSpoken: true, lasted: .milliseconds(20)) }
    #expect(hasty == [.seconds(1), .seconds(1), .seconds(1)])
    #expect(pause.next(isRenewal: true, hasSpoken: true, lasted: .seconds(60)) == .zero)
  }
}
