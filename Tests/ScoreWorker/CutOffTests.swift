import Bus
import Competition
import Logging
import Postgres
import ServiceKit
import ServiceLifecycle
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("A worker that is cut off and asked to end", .timeLimit(.minutes(3)))
struct CutOffTests {
  /// A PostgreSQL that goes away when the first predictions are asked for.
  private final class LeavingStore: StoreWrapper {
    let base: any ScoringStore
    private let asked: AsyncStream<Void>.Continuation
    let hasBeenAsked: AsyncStream<Void>

    init(base: any ScoringStore) {
      self.base = base
      (hasBeenAsked, asked) = AsyncStream.makeStream()
    }

    func now() async throws -> Timestamp { throw StoreError(kind: .connection, message: "away for a test") }
    func pendingPredictions(of tasks: [TaskKey], limitPerTask: Int) async throws -> [Prediction] {
      asked.yield()
      throw StoreError(kind: .connection, message: "away for a test")
    }
  }

  /// A PostgreSQL that takes for ever to say what is pending.
  private final class SlowStore: StoreWrapper {
    let base: any ScoringStore
    private let asked: AsyncStream<Void>.Continuation
    let hasBeenAsked: AsyncStream<Void>

    init(base: any ScoringStore) {
      self.base = base
      (hasBeenAsked, asked) = AsyncStream.makeStream()
    }

    func pendingPredictions(of tasks: [TaskKey], limitPerTask: Int) async throws -> [Prediction] {
      asked.yield()
      try await Task.sleep(for: .seconds(3_600))
      throw StoreError(kind: .connection, message: "never came")
    }
  }

  @Test("hands its work on at once, however long it may drain, and the next worker has it without waiting for a lease")
  func handsOn() async throws {
    try await ScoreBench.with { bench in
      let store = LeavingStore(base: bench.store)
      let task = try await bench.addTask()
      try bench.bus.publish([task])
      let group = ServiceGroup(services: [lanes(bench, store, bench.bus)], logger: bench.logger)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        for await _ in store.hasBeenAsked { break }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
      }
      let heir = try bench.bus.consumer(of: ScoreTask.self, name: "two", settings: ConsumerSettings())
      #expect(try await heir.reclaim(count: 10).deliveries.map(\.message) == [task])
    }
  }

  @Test("ends at once when it is Redis that went away, and its work is still there when Redis is back")
  func endsWithoutRedis() async throws {
    try await ScoreBench.with { bench in
      try await PrivateRedis.with(isDurable: true) { redis in
        let bus = RedisBus(redis.configuration, clientName: "test")
        let store = SlowStore(base: bench.store)
        let task = try await bench.addTask()
        try await bus.publish([task])
        let group = ServiceGroup(services: [lanes(bench, store, bus)], logger: bench.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
          tasks.addTask { try await group.run() }
          for await _ in store.hasBeenAsked { break }
          await redis.stop()
          await group.triggerGracefulShutdown()
          try await tasks.waitForAll()
        }
        try await redis.start()
        // A client of its own: the worker's does not try again for a moment.
        let reader = RedisBus(redis.configuration, clientName: "reader")
        let pending = try await reader.pending(of: .predictionsPending, limit: 10)
        #expect(pending.map(\.consumer) == ["one"])
      }
    }
  }

  /// Lanes that may drain for an hour.
  private func lanes(_ bench: ScoreBench, _ store: any ScoringStore, _ bus: any Bus) -> ScoreLanes {
    let activity = bench.activity
    return ScoreLanes(
      bus: bus,
      work: TaskWork(
        store: store, scorer: bench.scorer(on: store, patience: .seconds(3_600)), policy: WorkPolicy(),
        lease: .seconds(3_600), workerName: "one", activity: activity, logger: bench.logger),
      pauses: PauseWatch(store: bench.store, logger: bench.logger), lanes: 1, batchSize: 10,
      lease: .seconds(3_600), drain: .seconds(3_600), consumerName: "one", health: Health(), activity: activity,
      logger: bench.logger)
  }
}
