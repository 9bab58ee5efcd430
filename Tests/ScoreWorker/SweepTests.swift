import Bus
import Competition
import Postgres
import TestKit
import Testing

@testable import ScoreWorker
@testable import ServiceKit

@Suite("Sweeps", .timeLimit(.minutes(3)))
struct SweepTests {
  @Test("what PostgreSQL says is undone and the bus does not know is published, once")
  func republishes() async throws {
    try await ScoreBench.with { bench in
      let one = try await bench.addTask("one")
      try await bench.addTask("two", at: bench.minute(3), answers: ["a": 1, "b": 1])
      try await bench.sweep.run()
      let status = try await bench.bus.status()
      #expect(status.delayed == 2)
      #expect(status.nextDue == one.resolvableAt)
      try await bench.sweep.run()
      #expect(try await bench.published() == ["one", "two"])
    }
  }

  @Test("what lies in the stream, read or not, is not published again; what was acknowledged undone is")
  func knownToTheBus() async throws {
    try await ScoreBench.with { bench in
      try await bench.addTask("one")
      try await bench.sweep.run()
      #expect(try await bench.published() == ["one"])
      try await bench.sweep.run()
      let consumer = try await bench.bus.consumer(of: ScoreTask.self, name: "w", settings: ConsumerSettings())
      let batch = try await consumer.read(count: 10, wait: .zero)
      try await bench.sweep.run()
      #expect(try await bench.published() == ["one"])
      try await consumer.acknowledge(batch.deliveries.map(\.id))
      try await bench.sweep.run()
      #expect(try await bench.published() == ["one", "one"])
    }
  }

  @Test("after the bus lost everything all undone work is there again, and nothing that is done")
  func loss() async throws {
    try await ScoreBench.with { bench in
      try await bench.price(100, at: 0)
      try await bench.price(110, at: 1)
      let done = try await bench.addTask("done")
      for minute in 0..<20 {
        try await bench.addTask("I\(minute)", at: bench.minute(minute), answers: ["a": 1, "b": 1])
      }
      _ = try await bench.scorer().handle([done])
      _ = try await bench.store.predictions.fail(["I0-a", "I0-b", "I1-b"], reason: "late")
      try await bench.sweep.run()
      await bench.bus.flushAll()
      try await bench.sweep.run()
      #expect(try await bench.published() == (1..<20).map { "I\($0)" }.sorted())
    }
  }

  @Test("a backlog larger than one look is published whole")
  func pages() async throws {
    try await ScoreBench.with { bench in
      let count = Sweep.page + 700
      try await bench.store.pool.query(
        "INSERT INTO inputs (id) SELECT 'I' || n FROM generate_series(1, $1) n", [.int(Int64(count))])
      // Seven at each moment, so that a page ends among tasks of one time.
      try await bench.store.pool.query(
        """
        INSERT INTO predictions (id, input_id, model_id, scope_key, scope_jsonb, performed_at, resolvable_at)
        SELECT 'P' || n, 'I' || n, 'a', 'BTC-60', '{}', $2::timestamptz,
          $2::timestamptz + n / 7 * interval '1 millisecond'
        FROM generate_series(1, $1) n
        """, [.int(Int64(count)), .time(bench.start.microseconds)])
      try await bench.sweep.run()
      #expect(try await bench.bus.status().delayed == count)
    }
  }

  @Test("work that becomes due soon is looked at already, what is far off is not")
  func ahead() async throws {
    try await ScoreBench.with { bench in
      let now = try await bench.store.now()
      try await bench.addTask("soon", at: now.adding(seconds: -55))
      try await bench.addTask("later", at: now.adding(seconds: 3_000))
      try await bench.sweep.run()
      #expect(try await bench.published() == ["soon"])
    }
  }

  @Test("the mark rises behind finished work, stays below the oldest undone, and later rows below it are found")
  func lowWater() async throws {
    try await ScoreBench.with { bench in
      try await bench.addTask("one")
      try await bench.addTask("two", at: bench.minute(5))
      try await bench.sweep.run()
      #expect(try #require(await bench.store.sweep.lowWater()) < bench.minute(1))
      _ = try await bench.store.predictions.fail(["one-a"], reason: "late")
      try await bench.sweep.run()
      let mark = try #require(await bench.store.sweep.lowWater())
      #expect(mark > bench.minute(1) && mark < bench.minute(6))
      _ = try await bench.published()
      try await bench.addTask("late", at: bench.minute(2))
      try await bench.sweep.run()
      #expect(try await bench.published() == ["late", "one", "two"])
    }
  }

  @Test("predictions that became due at the same moment are all above the mark until the last of them ends")
  func sameMoment() async throws {
    try await ScoreBench.with { bench in
      try await bench.addTask("one")
      try await bench.addTask("two")
      _ = try await bench.store.predictions.fail(["one-a"], reason: "late")
      for _ in 0..<2 {
        try await bench.sweep.run()
        await bench.bus.flushAll()
      }
      try await bench.sweep.run()
      #expect(try await bench.published() == ["two"])
    }
  }
}
