import Competition
import Store
import TestKit
import Testing

@Suite("Slots and models")
struct SlotStoreTests {
  private let time = Timestamp(seconds: 1_771_000_000)

  @Test("a slot is won once, however many open it at the same time")
  func wonOnce() async throws {
    try await TestDatabase.with { database in
      let slots = (0..<20).map { World.slot(config: "CFG_\($0)", at: time) }
      let input = Input(id: "INP", rawData: [:], receivedAt: time)
      let won = try await withThrowingTaskGroup(of: [PredictionSlot].self) { group in
        for _ in 0..<4 {
          let store = Store(database.configuration, connections: 1)
          group.addTask { try await store.slots.open(input, slots: slots, models: [World.model("a")]) }
        }
        return try await group.reduce(into: [PredictionSlot]()) { $0 += $1 }
      }
      #expect(won.count == 20)
      #expect(Set(won) == Set(slots))
      #expect(try await database.store.models.all() == [World.model("a")])
      #expect(try await database.store.inputs.load(ids: ["INP", "none"]) == [input])
    }
  }

  @Test("a slot stays unanswered until it is marked, and remembers which models were asked")
  func unanswered() async throws {
    try await TestDatabase.with { database in
      let slots = database.store.slots
      let late = World.slot(config: "late", at: time, horizonSeconds: 300)
      let early = World.slot(config: "early", at: time)
      _ = try await slots.open(
        Input(id: "INP", rawData: [:], receivedAt: time), slots: [late, early],
        models: [World.model("b"), World.model("a")])
      let open = try await slots.unanswered(limit: 10)
      #expect(open.map(\.slot) == [early, late])
      #expect(open.map(\.modelIDs) == [["b", "a"], ["b", "a"]])
      try await database.store.predictions.record([], closing: [early])
      #expect(try await slots.unanswered(limit: 10).map(\.slot) == [late])
    }
  }

  @Test("models that have not changed are asked without being stored again")
  func unchangedModels() async throws {
    try await TestDatabase.with { database in
      let (store, models) = (database.store, [World.model("a"), World.model("b")])
      try await store.models.upsert(models)
      var renamed = models
      renamed[0].name = "new name of a"
      renamed[1].name = "new name of b"
      _ = try await store.slots.open(
        Input(id: "INP", rawData: [:], receivedAt: time), slots: [World.slot(config: "one", at: time)], models: renamed,
        news: [renamed[1]])
      #expect(try await store.models.all() == [models[0], renamed[1]])
      _ = try await store.slots.open(
        Input(id: "INP2", rawData: [:], receivedAt: time), slots: [World.slot(config: "two", at: time)],
        models: renamed, news: [])
      #expect(try await store.slots.unanswered(limit: 10).map(\.modelIDs) == [["a", "b"], ["a", "b"]])
    }
  }

  @Test("a model keeps the time at which it was first seen")
  func modelCreation() async throws {
    try await TestDatabase.with { database in
      let models = database.store.models
      try await models.upsert([World.model("b"), World.model("a")])
      var moved = World.model("a")
      moved.deploymentIdentifier = "another run"
      moved.createdAt = time.adding(seconds: 999)
      try await models.upsert([moved, moved])
      moved.createdAt = World.model("a").createdAt
      #expect(try await models.all() == [moved, World.model("b")])
    }
  }
}
