import Competition
import Testing

@testable import PredictWorker

@Suite("Until when an answer counts")
struct DeadlineTests {
  private func seconds(horizon: Int, timeout: Double = 60, override: Double? = nil) throws -> Double {
    var due = DueSlots(
      contract: .default, timeoutSeconds: timeout, deadlineSeconds: override, hasManySubjects: false)
    let slots = due.due(
      record: Sample.tick(0), configs: [Sample.config(horizon: horizon)], now: Sample.minute.adding(seconds: 3))
    let slot = try #require(slots.first)
    return slot.deadlineAt.seconds(since: slot.performedAt)
  }

  @Test("a tenth of the horizon, so that nobody sees the outcome")
  func tenth() throws {
    #expect(try seconds(horizon: 60) == 6)
    #expect(try seconds(horizon: 300) == 30)
  }

  @Test("at least a second, at most the time a call may take")
  func bounds() throws {
    #expect(try seconds(horizon: 5) == 1)
    #expect(try seconds(horizon: 1) == 1)
    #expect(try seconds(horizon: 3_600) == 60)
    #expect(try seconds(horizon: 3_600, timeout: 0.5) == 0.5)
  }

  @Test("at horizon 0 there is no outcome to see: the time a call may take")
  func horizonZero() throws {
    #expect(try seconds(horizon: 0, timeout: 45) == 45)
  }

  @Test("a setting takes the place of the tenth, within the time a call may take")
  func override() throws {
    #expect(try seconds(horizon: 60, override: 2.5) == 2.5)
    #expect(try seconds(horizon: 60, override: 20) == 20)
    #expect(try seconds(horizon: 60, timeout: 10, override: 20) == 10)
    #expect(try seconds(horizon: 0, override: 3) == 3)
  }
}
