import Testing

@testable import Postgres

@Suite("Pauses between attempts to connect")
struct ReconnectPauseTests {
  private let now = ContinuousClock.now

  @Test("pauses double up to a second")
  func doubles() {
    var pause = ReconnectPause()
    let pauses = (0..<7).map { _ in
      pause.failed(at: now)
      return pause.remaining(at: now)
    }
    #expect(pauses == [50, 100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
  }

  @Test("a success ends the pause and begins anew")
  func success() {
    var pause = ReconnectPause()
    pause.failed(at: now)
    pause.failed(at: now)
    pause.succeeded()
    #expect(pause.remaining(at: now) == .zero)
    pause.failed(at: now)
    #expect(pause.remaining(at: now) == .milliseconds(50))
  }

  @Test("a pause runs out with time")
  func runsOut() {
    var pause = ReconnectPause()
    pause.failed(at: now)
    #expect(pause.remaining(at: now + .milliseconds(30)) == .milliseconds(20))
    #expect(pause.remaining(at: now + .milliseconds(60)) == .zero)
  }
}
