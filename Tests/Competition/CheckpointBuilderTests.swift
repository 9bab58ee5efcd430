import Competition
import Testing

@Suite("Checkpoints are built")
struct CheckpointBuilderTests {
  private let start = Timestamp(seconds: 1_771_000_020)
  private var end: Timestamp { start.adding(seconds: 300) }

  private func snapshot(_ model: String, count: Int, _ summary: JSONObject) -> Snapshot {
    Snapshot(
      id: "", modelID: model, periodStart: start, periodEnd: start, predictionCount: count, resultSummary: summary,
      createdAt: start)
  }

  private func build(
    _ snapshots: [Snapshot], aggregation: CrunchContract.Aggregation = .init(), models: [String] = ["a", "b", "c"]
  ) -> Checkpoint {
    CheckpointBuilder(aggregation, wallets: Wallets(crunch: "C")).checkpoint(
      periodStart: start, periodEnd: end, snapshots: snapshots,
      models: models.map {
        Model(
          id: $0, name: "model \($0)", playerID: "", playerName: "Player \($0)", deploymentIdentifier: "",
          createdAt: start)
      }, createdAt: end)
  }

  private func ranking(_ checkpoint: Checkpoint) -> [JSON] { checkpoint.meta["ranking"]?.array ?? [] }
  private func order(_ checkpoint: Checkpoint) -> [String] { ranking(checkpoint).compactMap { $0["model_id"]?.string } }

  @Test("means are weighted by how many predictions a snapshot counts")
  func weights() throws {
    let checkpoint = build([
      snapshot("a", count: 3, ["value": 1.0]), snapshot("a", count: 1, ["value": 5.0]),
      snapshot("b", count: 1, ["value": 3.0]), snapshot("b", count: 1, ["value": 0.5]),
    ])
    let rows = ranking(checkpoint)
    #expect(order(checkpoint) == ["a", "b"])
    #expect(rows.map { $0["result_summary"]?["value"]?.number } == [2, 1.75])
    #expect(rows.map { $0["prediction_count"]?.int } == [4, 2])
    #expect(rows.map { $0["snapshot_count"]?.int } == [2, 2])
    #expect(rows.map { $0["rank"]?.int } == [1, 2])
    #expect(rows[0]["model_name"] == "model a" && rows[0]["cruncher_name"] == "Player a")
  }

  @Test("models rank by the contract's key when summaries have it, else by the value that windows average")
  func rankingKey() {
    let snapshots = [
      snapshot("a", count: 1, ["value": 9.0, "ic": 0.1]), snapshot("b", count: 1, ["value": 1.0, "ic": 0.7]),
    ]
    #expect(order(build(snapshots)) == ["a", "b"])
    #expect(order(build(snapshots, aggregation: .init(rankingKey: "ic"))) == ["b", "a"])
    #expect(order(build(snapshots, aggregation: .init(rankingKey: "ic", direction: .ascending))) == ["a", "b"])
    #expect(order(build(snapshots, aggregation: .init(rankingKey: "none", valueField: "ic"))) == ["b", "a"])
  }

  @Test("virtual models are neither ranked nor paid")
  func virtualModels() {
    let checkpoint = build([
      snapshot("__ensemble_main__", count: 9, ["value": 99.0]), snapshot("a", count: 1, ["value": 1.0]),
    ])
    #expect(order(checkpoint) == ["a"])
    #expect(
      checkpoint.entries.first?["cruncher_rewards"] == [["cruncher_index": 0, "reward_pct": 1_000_000_000]])
  }

  @Test("a model without predictions is left out, one that is not known any more is ranked without names")
  func leftOut() {
    let checkpoint = build([
      snapshot("a", count: 0, ["value": 9.0]), snapshot("gone", count: 1, ["value": 1.0]),
      snapshot("b", count: 1, ["value": 1.0]),
    ])
    #expect(order(checkpoint) == ["b", "gone"])
    #expect(ranking(checkpoint)[1]["model_name"] == .null)
  }

  @Test("the emission follows the ranking")
  func emission() {
    let checkpoint = build(["a", "b", "c"].enumerated().map { snapshot($1, count: 1, ["value": .int(Int64($0))]) })
    #expect(order(checkpoint) == ["c", "b", "a"])
    let rewards = checkpoint.entries.first?["cruncher_rewards"]?.array ?? []
    #expect(rewards.compactMap { $0["reward_pct"]?.int } == [500_000_000, 250_000_000, 250_000_000])
    #expect(checkpoint.entries.first?["crunch"] == "C")
  }

  @Test("a period has its id, its times and its counts; one without scores pays nobody")
  func periods() {
    let checkpoint = build([snapshot("a", count: 1, ["value": 1.0]), snapshot("a", count: 1, ["value": 1.0])])
    #expect(checkpoint.id == "CKP_20260213_163200")
    #expect(checkpoint.periodStart == start && checkpoint.periodEnd == end && checkpoint.status == .pending)
    #expect(checkpoint.meta["snapshot_count"] == 2 && checkpoint.meta["model_count"] == 1)
    let empty = build([])
    #expect(empty.entries.first?["cruncher_rewards"] == [])
    #expect(empty.meta["model_count"] == 0 && empty.entries.count == 1)
  }

  @Test("the order of the snapshots' models leaves no trace")
  func orderOfModels() {
    let snapshots = ["a", "b", "c"].flatMap { model in
      (1...3).map { snapshot(model, count: $0, ["value": .double(Double($0) / 7)]) }
    }
    let one = build(snapshots)
    let other = build(Array(snapshots[6...] + snapshots[3..<6] + snapshots[..<3]))
    #expect(JSON.object(one.meta).text == JSON.object(other.meta).text)
  }
}
