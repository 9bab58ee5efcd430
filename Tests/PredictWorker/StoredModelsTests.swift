import Competition
import Testing

@testable import PredictWorker

@Suite("Models that are stored already")
struct StoredModelsTests {
  private func model(_ id: String, run: String = "1", created: Int64 = 0) -> Model {
    Model(
      id: id, name: id, playerID: "", playerName: "", deploymentIdentifier: run, createdAt: Timestamp(seconds: created))
  }

  @Test("are not stored with the next slot, also when they were seen at another time; new and changed ones are")
  func news() {
    var stored = StoredModels()
    #expect(stored.news(in: [model("a"), model("b")]) == [model("a"), model("b")])
    stored.note([model("a"), model("b")])
    let now = [model("a", created: 9), model("b", run: "2"), model("c")]
    #expect(stored.news(in: now) == [model("b", run: "2"), model("c")])
    stored.note(now)
    #expect(stored.news(in: now).isEmpty)
    #expect(stored.news(in: [model("b")]) == [model("b")])
  }

  @Test("are news again once they are forgotten")
  func forget() {
    var stored = StoredModels()
    stored.note([model("a")])
    stored.forget()
    #expect(stored.news(in: [model("a")]) == [model("a")])
  }
}
