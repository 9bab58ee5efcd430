import Competition
import Testing

@testable import PredictWorker

@Suite("Slots whose worker ended")
struct LostSlotsTests {
  /// A slot of 16:27:00.25 whose answers count for six seconds.
  private let slot = Sample.slot()

  private func decide(leadingAfter start: Double, at seconds: Double, models: Bool = true) -> LostSlots.Decision {
    LostSlots.decide(
      slot, leadsSince: slot.performedAt.adding(seconds: start), now: slot.performedAt.adding(seconds: seconds),
      modelsAreThere: models)
  }

  @Test("one of an earlier leader is asked again while answers count")
  func asksAgain() {
    #expect(decide(leadingAfter: 1, at: 2) == .askAgain)
    #expect(decide(leadingAfter: 1, at: 5.9) == .askAgain)
  }

  @Test("it waits for its models to join, and is left alone when answers stop counting")
  func waits() {
    #expect(decide(leadingAfter: 1, at: 2, models: false) == .wait)
    #expect(decide(leadingAfter: 1, at: 6) == .wait)
    #expect(decide(leadingAfter: 1, at: 10.9) == .wait)
  }

  @Test("one of this leader is its own business")
  func own() {
    #expect(decide(leadingAfter: 0, at: 1) == .wait)
    #expect(decide(leadingAfter: -5, at: 5.9) == .wait)
  }

  @Test("whoever opened it and whoever is there, it is given up a while after its deadline")
  func givesUp() {
    let end = 6 + Double(LostSlots.patienceSeconds)
    for start in [-5.0, 1] {
      for models in [true, false] {
        #expect(decide(leadingAfter: start, at: end, models: models) == .giveUp)
        #expect(decide(leadingAfter: start, at: 86_400, models: models) == .giveUp)
      }
    }
  }
}
