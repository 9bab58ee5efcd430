import Bus
import Testing

@Suite("What becomes of entries")
struct PolicyTests {
  private let ids = [1, 2, 3].map { EntryID(milliseconds: UInt64($0), sequence: 0) }

  @Test("an entry is worked on with others, then alone, then given up")
  func intake() {
    let policy = WorkPolicy(maxDeliveries: 5)
    #expect(
      (1...7).map { policy.intake(deliveries: $0) } == [
        .together, .together, .alone, .alone, .alone, .giveUp, .giveUp,
      ])
  }

  @Test("pauses double up to the longest, with full jitter, and end after the last attempt")
  func remedy() {
    let policy = WorkPolicy(maxDeliveries: 6, firstPause: .seconds(1), longestPause: .seconds(4))
    func pauses(_ chance: Double) -> [WorkPolicy.Remedy] {
      (1...6).map { policy.remedy(deliveries: $0, chance: chance) }
    }
    #expect(pauses(1) == [1, 2, 4, 4, 4].map { .retry(after: .seconds($0)) } + [.giveUp])
    #expect(pauses(0.5) == [0.5, 1, 2, 2, 2].map { .retry(after: .seconds($0)) } + [.giveUp])
    #expect(pauses(0)[0] == .retry(after: .zero))
  }

  @Test("a lease is held while it is renewed, and lost with time or with one entry")
  func lease() {
    var lease = Lease(ids, length: .seconds(5), at: .seconds(100))
    #expect(lease.holds(ids, at: .seconds(104.9)))
    #expect(!lease.holds(ids, at: .seconds(105)))
    lease.renewed(ids, at: .seconds(103))
    #expect(lease.holds(ids, at: .seconds(107)))
    lease.renewed(Array(ids.dropLast()), at: .seconds(107))
    #expect(!lease.holds(ids, at: .seconds(107)), "one went to another worker")
    lease.renewed(ids, at: .seconds(108))
    #expect(!lease.holds(ids, at: .seconds(108)), "what is lost stays lost")
  }

  @Test("entries that are done with cost the others nothing, whoever has them")
  func settled() {
    var lease = Lease(ids, length: .seconds(5), at: .seconds(100))
    lease.settled([ids[0]])
    lease.renewed(Array(ids.dropFirst()), at: .seconds(104))
    #expect(lease.holds(Array(ids.dropFirst()), at: .seconds(108)))
    #expect(!lease.holds(ids, at: .seconds(108)))
  }

  @Test("an answer that comes late does not shorten a lease")
  func lateAnswer() {
    var lease = Lease(ids, length: .seconds(5), at: .seconds(100))
    lease.renewed(ids, at: .seconds(104))
    lease.renewed(ids, at: .seconds(102))
    #expect(lease.holds(ids, at: .seconds(108)))
  }
}
