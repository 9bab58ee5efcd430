import Bus
import Competition
import TestKit
import Testing

@testable import ServiceKit

@Suite("Figures of the streams")
struct BusGaugesTests {
  @Test("are those of this moment: length, lag, pending, ages, backlog and workers")
  func figures() throws {
    let clock = ManualClock()
    let bus = MemoryBus(limits: BusLimits(streamLength: 3)) { clock.now }
    let task = ScoreTask(
      inputID: "INP", scopeKey: "s", configID: nil, subject: "BTC", performedAt: clock.now, resolvableAt: clock.now)
    _ = try bus.consumer(of: ScoreTask.self, name: "a", settings: ConsumerSettings())
    try bus.publish([task, task, task])
    try bus.schedule([DelayedTask(task, at: clock.now)])
    _ = try bus.promote(limit: 10)
    try bus.register(
      WorkerNote(
        name: "a", service: "score-worker", startedAt: clock.now, seenAt: clock.now, state: "", leads: true, handled: 0),
      expiry: .seconds(60))
    clock.advance(seconds: 7)
    let figures = BusGauges.figures(try bus.status(), workers: try bus.workers())
    func value(_ key: String) -> Double? { figures[key]?.value }
    let pending = ",stream=predictions.pending"
    #expect(value("stream_length" + pending) == 3)
    #expect(value("group_lag" + pending + ",group=score") == 3)
    #expect(value("group_pending" + pending + ",group=score") == 0)
    #expect(value("group_oldest_unread_seconds" + pending + ",group=score") == 7)
    #expect(value("tasks_overdue") == 1)
    #expect(value("backlog") == 4)
    #expect(value("workers,service=score-worker") == 1)
    bus.flushAll()
    let after = BusGauges.figures(try bus.status(), workers: try bus.workers())
    #expect(after["stream_length" + pending]?.value == 0)
    #expect(after["group_lag" + pending + ",group=score"] == nil)
    #expect(after["backlog"]?.value == 0)
  }
}
