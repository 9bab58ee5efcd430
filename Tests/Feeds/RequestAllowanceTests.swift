import Competition
import TestKit
import Testing

@testable import Feeds

@Suite("What a provider lets us ask")
struct RequestAllowanceTests {
  private static let now = Timestamp(seconds: 1_770_000_010)

  @Test(
    "a refusal closes for as long as it says",
    arguments: [(429, "7", 7.0), (418, "300", 300), (429, "soon", 60), (418, "", 120)])
  func refused(status: Int, header: String, seconds: Double) {
    var allowance = RequestAllowance()
    allowance.took(status: status, headers: ["retry-after": header], now: Self.now)
    #expect(allowance.wait(now: Self.now) == seconds)
    #expect(allowance.wait(now: Self.now.adding(seconds: seconds)) == 0)
  }

  @Test("a minute whose weight is used up is over")
  func weight() {
    var allowance = RequestAllowance(weightPerMinute: 100)
    allowance.took(status: 200, headers: ["x-mbx-used-weight-1m": "99"], now: Self.now)
    #expect(allowance.wait(now: Self.now) == 0)
    allowance.took(status: 200, headers: ["x-mbx-used-weight-1m": "100"], now: Self.now)
    #expect(allowance.wait(now: Self.now) == 60 - Double(Self.now.seconds % 60))
  }

  @Test("a provider that banned us is not asked until the ban is over")
  func banned() async throws {
    let clock = ManualClock(Self.now)
    let server = try TestHTTPServer { _ in .reply(418, ["Retry-After": "90"], []) }
    defer { server.stop() }
    let fetch = JSONFetch(timeout: 5, now: { clock.now })
    for _ in 0..<3 {
      do {
        _ = try await fetch.get(server.url)
        Issue.record("a ban was taken for an answer")
      } catch let error as FeedError { #expect(error.retryAfter == 90) }
    }
    #expect(server.requests.count == 1)
    clock.advance(seconds: 90)
    _ = try? await fetch.get(server.url)
    #expect(server.requests.count == 2)
  }
}
