import Competition
import Postgres
import Store
import TestKit
import Testing

@Suite("Dead letters", .timeLimit(.minutes(2)))
struct DeadLetterTests {
  private func letter(
    _ entry: String = "1-0", cause: String = "no input_id", fields: [(name: String, value: String)] = [("v", "1")],
    deliveries: Int = 3
  ) -> NewDeadLetter {
    NewDeadLetter(
      stream: "predictions.pending", entryID: entry, kind: "decoding", cause: cause, fields: fields,
      deliveries: deliveries, worker: "w")
  }

  private let task = [(name: "input_id", value: "INP"), (name: "scope_key", value: World.scopeKey)]

  @Test("keep what was in the entry and why it died, the newest first")
  func kept() async throws {
    try await TestDatabase.with { database in
      let letters = database.store.deadLetters
      try await letters.record([letter("1-0")])
      try await letters.record([letter("2-0")])
      let listed = try await letters.list(limit: 10)
      #expect(listed.map(\.entryID) == ["2-0", "1-0"])
      #expect(listed.first?.payload == ["v": "1"])
      #expect(listed.first?.deliveries == 3)
      #expect(try await letters.letter(id: try #require(listed.first).id) == listed.first)
    }
  }

  @Test("are one an entry, however often it is told")
  func once() async throws {
    try await TestDatabase.with { database in
      let letters = database.store.deadLetters
      try await letters.record([letter("1-0"), letter("2-0")])
      try await letters.record([letter("1-0", cause: "again", deliveries: 5)])
      let listed = try await letters.list(limit: 10)
      #expect(listed.count == 2)
      let told = try #require(listed.first { $0.entryID == "1-0" })
      #expect(told.cause == "again" && told.deliveries == 5)
    }
  }

  @Test("take any text: NUL, doubled names and megabytes of it")
  func anyText() async throws {
    try await TestDatabase.with { database in
      let fields = [(name: "a\0", value: "x\0y"), ("big", String(repeating: "z", count: 3_000_000)), ("big", "second")]
      try await database.store.deadLetters.record([letter(cause: "\0", fields: fields)])
      let payload = try #require(try await database.store.deadLetters.list(limit: 1).first).payload
      #expect(payload["a\u{FFFD}"] == "x\u{FFFD}y")
      let big = try #require(payload["big"]?.string)
      #expect(big.count < 5_000 && big.hasSuffix("(3000000 bytes)"))
    }
  }

  @Test("end the predictions of a task that is given up, and none that has ended already")
  func buried() async throws {
    try await TestDatabase.withWorld { world, _ in
      let due = try await world.minute(ago: 5)
      _ = try await world.store.predictions.record([
        World.prediction("open", due: due), World.prediction("scored", model: "b", due: due),
      ])
      _ = try await world.store.scores.commit([World.scored("scored")], bucketSeconds: 60)
      try await world.store.deadLetters.bury(
        letter(cause: "refused", fields: task, deliveries: 8), task: TaskKey(inputID: "INP", scopeKey: World.scopeKey))
      #expect(try await world.status(of: "open") == "FAILED")
      #expect(try await world.status(of: "scored") == "SCORED")
      let reason = try await world.store.pool.query("SELECT failed_reason FROM predictions WHERE id = 'open'")[0].text(
        0)
      #expect(reason == "given up after 8 deliveries: refused")
      #expect(try await world.store.deadLetters.list(limit: 10).count == 1)
    }
  }

  @Test("reopen on replay what they ended and what failed to score, so that the sweep finds it, and nothing else")
  func replayed() async throws {
    try await TestDatabase.withWorld(models: ["a", "b", "c", "d"]) { world, _ in
      let store = world.store
      let due = try await world.minute(ago: 5)
      _ = try await store.predictions.record([
        World.prediction("given-up", due: due), World.prediction("failed-score", model: "b", due: due),
        World.prediction("good", model: "c", due: due),
        World.prediction("late", model: "d", status: .failed, due: due),
      ])
      _ = try await store.scores.commit(
        [World.scored("failed-score", success: false), World.scored("good")], bucketSeconds: 60)
      try await store.deadLetters.bury(
        letter(cause: "refused", fields: task, deliveries: 8), task: TaskKey(inputID: "INP", scopeKey: World.scopeKey))
      try await store.sweep.raise(from: try await store.sweep.lowWater(), to: try await store.now())
      #expect(try #require(try await store.sweep.lowWater()) > due)

      let id = try #require(try await store.deadLetters.list(limit: 1).first).id
      #expect(try await store.deadLetters.replay(id: id) == 2)
      for (prediction, status) in [
        ("given-up", "PENDING"), ("failed-score", "PENDING"), ("good", "SCORED"), ("late", "FAILED"),
      ] {
        #expect(try await world.status(of: prediction) == status, "\(prediction)")
      }
      #expect(try #require(try await store.sweep.lowWater()) < due)
      #expect(try await store.deadLetters.list(limit: 10).isEmpty)
      #expect(try await store.deadLetters.list(limit: 10, includesResolved: true).first?.resolution == "replayed")
      #expect(try await store.deadLetters.replay(id: id) == nil, "once")
      _ = try await store.scores.commit(
        [World.scored("given-up"), World.scored("failed-score")], bucketSeconds: 60)
      #expect(try await world.count(.scores) == 3)
    }
  }

  @Test("that are discarded leave what they ended as it is")
  func discarded() async throws {
    try await TestDatabase.with { database in
      let letters = database.store.deadLetters
      try await letters.record([letter()])
      let id = try #require(try await letters.list(limit: 1).first).id
      #expect(try await letters.discard(id: id))
      #expect(try await letters.discard(id: id) == false)
      #expect(try await letters.list(limit: 10).isEmpty)
    }
  }

  @Test("a pause is kept until somebody resumes")
  func pausing() async throws {
    try await TestDatabase.with { database in
      let pauses: PauseStore = database.store.pauses
      let isNew = try await pauses.pause("scores.ready", reason: "looking into it")
      #expect(isNew)
      #expect(try await pauses.pause("scores.ready", reason: "again") == false)
      #expect(try await pauses.all().map(\.reason) == ["looking into it"])
      #expect(try await pauses.resume("scores.ready"))
      #expect(try await pauses.resume("scores.ready") == false)
      #expect(try await pauses.all().isEmpty)
    }
  }
}
