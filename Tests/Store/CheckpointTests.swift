import Competition
import Store
import TestKit
import Testing

@Suite("Checkpoints")
struct CheckpointTests {
  @Sendable
  private static func build(_ material: CheckpointStore.Material) -> Checkpoint {
    Checkpoint(
      id: RecordIDs.checkpoint(at: material.periodEnd), periodStart: material.periodStart,
      periodEnd: material.periodEnd, status: .pending, entries: [.array(material.snapshots.map { .string($0.id) })],
      meta: ["snapshot_count": JSON(material.snapshots.count), "model_count": JSON(material.models.count)],
      createdAt: material.now)
  }

  private func createAll(_ store: Store) async throws -> [Checkpoint] {
    var made: [Checkpoint] = []
    while let next = try await store.checkpoints.createNext(intervalSeconds: 300, build: Self.build) {
      made.append(next)
    }
    return made
  }

  /// Scores in the given minutes after a start that is half an hour ago, sealed; what comes after minute 15 is open.
  private func sealed(_ world: World, minutes: [Int]) async throws -> Timestamp {
    let start = try await world.minute(ago: 30)
    for minute in minutes { try await world.addScore("p\(minute)", due: start.adding(seconds: 60 * minute)) }
    _ = try await world.store.predictions.record([
      World.prediction("open", model: "b", due: start.adding(seconds: 60 * 15 + 30))
    ])
    _ = try await world.sealAll()
    return start
  }

  @Test("periods follow each other without a gap from the first bucket on, also where nothing was scored")
  func contiguous() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await sealed(world, minutes: [0, 4, 5, 12])
      let made = try await createAll(world.store)
      #expect(made.map(\.periodStart) == [0, 300, 600].map { start.adding(seconds: $0) })
      #expect(made.map(\.periodEnd) == [300, 600, 900].map { start.adding(seconds: $0) })
      #expect(made.map { $0.meta["snapshot_count"]?.int } == [2, 1, 1])
      #expect(try await world.store.checkpoints.newest() == made.last)
    }
  }

  @Test("an interval without a score has a checkpoint of its own")
  func emptyPeriod() async throws {
    try await TestDatabase.withWorld { world, _ in
      _ = try await sealed(world, minutes: [0, 12])
      let made = try await createAll(world.store)
      #expect(made.map { $0.meta["snapshot_count"]?.int } == [1, 0, 1])
    }
  }

  @Test("before its buckets are sealed a period has no checkpoint")
  func notSealed() async throws {
    try await TestDatabase.withWorld { world, _ in
      let start = try await world.minute(ago: 30)
      try await world.addScore("p", due: start)
      #expect(try await createAll(world.store).isEmpty)
      _ = try await world.store.predictions.record([
        World.prediction("open", model: "b", due: start.adding(seconds: 270))
      ])
      #expect(try await world.sealAll() == [start])
      #expect(try await createAll(world.store).isEmpty)
      _ = try await world.store.predictions.fail(["open"], reason: "no truth")
      _ = try await world.sealAll()
      #expect(try await createAll(world.store).first?.periodEnd == start.adding(seconds: 300))
    }
  }

  @Test("of many that make checkpoints at the same time each period is made once and each snapshot claimed once")
  func concurrent() async throws {
    try await TestDatabase.withWorld { world, database in
      _ = try await sealed(world, minutes: Array(0..<15))
      let made = try await withThrowingTaskGroup(of: [Checkpoint].self) { group in
        for _ in 0..<3 {
          let store = Store(database.configuration, connections: 1)
          group.addTask {
            var made: [Checkpoint] = []
            while try await store.checkpoints.newest()?.periodEnd != store.seals.state().sealedUntil {
              if let next = try await store.checkpoints.createNext(intervalSeconds: 300, build: Self.build) {
                made.append(next)
              }
            }
            return made
          }
        }
        return try await group.reduce(into: [Checkpoint]()) { $0 += $1 }
      }
      #expect(Set(made.map(\.id)).count == 3 && made.count == 3)
      let claims = made.flatMap { $0.entries.flatMap { $0.array ?? [] } }
      #expect(claims.count == 15 && Set(claims).count == 15)
      let unclaimed = try await world.store.pool.query("SELECT count(*) FROM snapshots WHERE checkpoint_id IS NULL")
      #expect(try unclaimed[0].int(0) == 0)
    }
  }

  @Test("a checkpoint is overdue from the end of its period until it is made")
  func overdue() async throws {
    try await TestDatabase.withWorld { world, _ in
      #expect(try await world.store.checkpoints.secondsOverdue(intervalSeconds: 300) == 0)
      let start = try await sealed(world, minutes: Array(0..<15))
      let now = try await world.store.now()
      let first = try await world.store.checkpoints.secondsOverdue(intervalSeconds: 300)
      #expect(abs(first - now.seconds(since: start.adding(seconds: 300))) < 60)
      _ = try await createAll(world.store)
      let fourth = try await world.store.checkpoints.secondsOverdue(intervalSeconds: 300)
      #expect(abs(first - fourth - 900) < 60)
      #expect(try await world.store.checkpoints.secondsOverdue(intervalSeconds: 86_400) == 0)
    }
  }

  @Test("a checkpoint's status moves one step at a time and never back")
  func status() async throws {
    try await TestDatabase.withWorld { world, _ in
      _ = try await sealed(world, minutes: [0])
      let checkpoints = world.store.checkpoints
      let id = try #require(await createAll(world.store).last?.id)
      #expect(try await !checkpoints.setStatus(id: id, to: .claimable))
      #expect(try await checkpoints.setStatus(id: id, to: .submitted, transactionHash: "0xabc"))
      #expect(try await !checkpoints.setStatus(id: id, to: .submitted, transactionHash: "0xdef"))
      #expect(try await checkpoints.setStatus(id: id, to: .claimable))
      #expect(try await checkpoints.setStatus(id: id, to: .paid))
      #expect(try await !checkpoints.setStatus(id: id, to: .pending))
      let paid = try #require(await checkpoints.newest())
      #expect(paid.status == .paid)
      #expect(paid.transactionHash == "0xabc")
      #expect(paid.submittedAt != nil)
    }
  }
}
