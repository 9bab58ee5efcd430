import Testing

@testable import Models

/// The numbers are those of the reference client.
@Suite("The policy of calls")
struct CallPolicyTests {
  @Test("a model that never answers is called less and less, and reported at event 101")
  func neverAnswers() {
    var policy = CallPolicy(limit: 100)
    var called: [Int] = []
    var checked: [Int] = []
    var reported: Int?
    for event in 1...101 where reported == nil {
      if policy.mayCall() { called.append(event) }
      switch policy.timedOut() {
      case .none: break
      case .checkHealth: checked.append(event)
      case .report(let code):
        #expect(code == .multipleTimeout)
        reported = event
      }
    }
    #expect(called == [1, 3, 6, 10, 16, 25, 39, 60, 91])
    #expect(checked == [21, 41, 61, 81])
    #expect(reported == 101)
  }

  @Test("a model is reported at the first consecutive failure above the limit", arguments: [3, 100])
  func failures(limit: Int) {
    var policy = CallPolicy(limit: limit)
    let failed = (0..<limit).map { _ in policy.failed() }
    #expect(failed.allSatisfy { $0 == .none })
    let last = policy.failed()
    #expect(last == .report(.multipleFailed))
  }

  @Test("a success clears both counts, and then nothing is skipped")
  func success() {
    var policy = CallPolicy(limit: 3)
    _ = policy.timedOut()
    _ = policy.failed()
    _ = policy.failed()
    policy.succeeded()
    #expect(policy.timeouts == 0)
    #expect(policy.failures == 0)
    let calls = (0..<10).map { _ in policy.mayCall() }
    #expect(calls.allSatisfy { $0 })
    let failed = (0..<3).map { _ in policy.failed() }
    #expect(failed == [.none, .none, .none])
  }

  @Test("failures and timeouts don't clear each other")
  func apart() {
    var policy = CallPolicy(limit: 3)
    for _ in 0..<3 { _ = policy.failed() }
    _ = policy.timedOut()
    let last = policy.failed()
    #expect(last == .report(.multipleFailed))
  }

  @Test("a limit of 0 reports nobody")
  func noLimit() {
    var policy = CallPolicy(limit: 0)
    let failed = (0..<1_000).map { _ in policy.failed() }
    #expect(failed.allSatisfy { $0 == .none })
  }
}
