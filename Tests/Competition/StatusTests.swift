import Competition
import Testing

@Suite("Statuses")
struct StatusTests {
  @Test("a prediction that waits ends as SCORED or FAILED, and one that ended stays so")
  func predictions() {
    for status in PredictionStatus.allCases {
      let next = PredictionStatus.allCases.filter { status.mayBecome($0) }
      #expect(next == (status == .pending ? [.scored, .failed] : []), "\(status)")
    }
  }

  @Test("a checkpoint moves from PENDING to PAID one step at a time")
  func checkpoints() {
    var statuses = [CheckpointStatus.pending]
    while let next = statuses.last?.next { statuses.append(next) }
    #expect(statuses.map(\.rawValue) == ["PENDING", "SUBMITTED", "CLAIMABLE", "PAID"])
  }
}
