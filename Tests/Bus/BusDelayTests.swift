import Bus
import Competition
import TestKit
import Testing

@Suite("A bus promotes what is due", .timeLimit(.minutes(2)))
struct BusDelayTests {
  @Test("a task appears when it is due by the bus's clock, not before, and once", arguments: BusKind.allCases)
  func delay(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let now = try await harness.now()
      let (due, early) = (ScoreTask.numbered(1), ScoreTask.numbered(2))
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.schedule([DelayedTask(due, at: now), DelayedTask(early, at: now.adding(seconds: 600))])
      try await harness.bus.schedule([DelayedTask(due, at: now.adding(seconds: 600))])
      let promotion = try await harness.bus.promote(limit: 100)
      #expect(promotion.moved == 1)
      let wait = try #require(promotion.nextDueIn)
      #expect(wait > .seconds(300) && wait <= .seconds(600))
      #expect(try await harness.bus.promote(limit: 100).moved == 0)
      #expect(try await reader.read(count: 10, wait: .zero).deliveries.map(\.message) == [due])
    }
  }

  @Test(
    "a full stream takes no more: producers are told, and due tasks stay where they are", arguments: BusKind.allCases)
  func backPressure(kind: BusKind) async throws {
    try await BusHarness.with(kind, limits: BusLimits(streamLength: 5)) { harness in
      let past = try await harness.now().adding(seconds: -1)
      let tasks = (0..<9).map { ScoreTask.numbered($0) }
      try await harness.bus.schedule(tasks.map { DelayedTask($0, at: past) })
      let promotion = try await harness.bus.promote(limit: 100)
      #expect(promotion.moved == 5)
      #expect(try #require(promotion.nextDueIn) <= .zero)
      await #expect(throws: BusError.backlog(.predictionsPending, length: 5)) {
        try await harness.bus.publish([ScoreTask.numbered(10)])
      }
      #expect(try await harness.bus.status().overdue == 4)
      let reader = try await harness.consumer(ScoreTask.self, "a")
      let read = try await reader.read(count: 10, wait: .zero).deliveries
      try await reader.acknowledge(read.map(\.id))
      #expect(try await harness.bus.trim(.predictionsPending, keeping: 0) == 5)
      #expect(try await harness.bus.promote(limit: 100).moved == 4)
      let rest = try await reader.read(count: 10, wait: .zero).deliveries
      #expect(Set((read + rest).map(\.message)) == Set(tasks))
    }
  }

  @Test("many promote, each task moves once", arguments: BusKind.allCases)
  func promoters(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let tasks = (0..<300).map { ScoreTask.numbered($0) }
      try await harness.bus.schedule(tasks.map { DelayedTask($0, at: $0.resolvableAt) })
      let moved = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 {
          group.addTask {
            var sum = 0
            while true {
              let moved = try await harness.bus.promote(limit: 10).moved
              if moved == 0 { return sum }
              sum += moved
            }
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(moved == 300)
      let reader = try await harness.consumer(ScoreTask.self, "a")
      let read = try await reader.read(count: 1_000, wait: .zero).deliveries
      #expect(Set(read.map(\.message)) == Set(tasks))
      #expect(read.count == 300)
    }
  }
}
