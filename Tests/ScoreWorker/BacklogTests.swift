import Competition
import ServiceKit
import Synchronization
import Testing

@testable import ScoreWorker

@Suite("Backlog")
struct BacklogTests {
  /// A clock that a test sets.
  private final class Clock: Surroundings {
    private let time = Mutex<Duration>(.seconds(100))
    var now: Timestamp { Timestamp(seconds: 1_771_000_000) }
    var uptime: Duration { time.withLock { $0 } }
    var chance: Double { 0.5 }
    func sleep(for duration: Duration) async throws { pass(duration) }
    func pass(_ duration: Duration) { time.withLock { $0 += duration } }
  }

  @Test("a worker that finds all it asks for has a backlog, and until a second after its last full read")
  func busy() {
    let clock = Clock()
    Surrounding.$current.withValue(clock) {
      let backlog = Backlog()
      #expect(!backlog.isThere)
      backlog.noteRead(isFull: true)
      #expect(backlog.isThere)
      clock.pass(.milliseconds(100))
      backlog.noteRead(isFull: false)
      #expect(backlog.isThere, "what was read is still worked on")
      clock.pass(.milliseconds(900))
      #expect(!backlog.isThere)
    }
  }

  @Test("a full read now and then among short ones is no backlog")
  func quiet() {
    let clock = Clock()
    Surrounding.$current.withValue(clock) {
      let backlog = Backlog()
      for _ in 0..<10 {
        backlog.noteRead(isFull: false)
        clock.pass(.milliseconds(200))
        backlog.noteRead(isFull: true)
        #expect(!backlog.isThere)
      }
      clock.pass(.milliseconds(301))
      backlog.noteRead(isFull: true)
      #expect(backlog.isThere)
    }
  }

  @Test("while there is a backlog seals and refreshes take a tenth of the time at most; else they take what they need")
  func shares() {
    for elapsed in [0.01, 0.05, 0.2, 0.5] {
      let sealing = DutyShare.sealing(isBacklogged: true)
      let refreshing = DutyShare.refreshing(isBacklogged: true)
      #expect(elapsed / (elapsed + sealing.rest(after: elapsed)) <= 0.1)
      #expect(elapsed / (elapsed + refreshing.rest(after: elapsed)) <= 0.1)
      #expect(sealing.rest(after: elapsed) >= 5)
      #expect(DutyShare.sealing(isBacklogged: false).rest(after: elapsed) == 0)
      #expect(DutyShare.refreshing(isBacklogged: false).rest(after: elapsed) == 3 * elapsed)
    }
    // The newest bucket is still shown about every second.
    let refreshing = DutyShare.refreshing(isBacklogged: true)
    #expect(refreshing.rest(after: refreshing.budget) <= 1)
  }

  @Test("what is due waits at least the rest that is asked for now, and anew after it is begun")
  func pace() {
    var pace = Pace(seconds: 1)
    let start = Timestamp(seconds: 1_771_000_000)
    pace.begin(at: start)
    let early = pace.isDue(at: start.adding(seconds: 0.9))
    let rested = pace.isDue(at: start.adding(seconds: 4.9), rest: 5)
    let later = pace.isDue(at: start.adding(seconds: 4.9))
    #expect([early, rested, later] == [false, false, true])
  }
}
