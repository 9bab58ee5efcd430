import Competition
import Testing

@Suite("Equal values")
struct RankingTieTests {
  private static let now = Timestamp(seconds: 1_771_000_020)

  /// Models of equal value; the order that decides between them is that of the list.
  private static let ordered: [(id: String, count: Int, created: Int)] = [
    ("z", 9, 5), ("y", 4, 1), ("a", 4, 2), ("b", 4, 2), ("B", 2, 3), ("b2", 2, 3), ("aa", 1, 0),
  ]

  private func model(_ id: String, _ created: Int) -> Model {
    Model(
      id: id, name: "", playerID: "", playerName: "", deploymentIdentifier: "",
      createdAt: Timestamp(seconds: Int64(created)))
  }

  private func snapshot(_ id: String, count: Int, value: Double = 0.5) -> Snapshot {
    Snapshot(
      id: "", modelID: id, periodStart: Self.now, periodEnd: Self.now, predictionCount: count,
      resultSummary: ["value": .double(value)], createdAt: Self.now)
  }

  /// The list in several orders.
  private var shuffles: [[(id: String, count: Int, created: Int)]] {
    let list = Self.ordered
    return [list, list.reversed()] + (1..<list.count).map { Array(list[$0...] + list[..<$0]) }
  }

  @Test("more predictions go first, then the earlier model, then the smaller id, whatever came first")
  func leaderboard() {
    for list in shuffles {
      let standings = list.map { item in
        var standing = ModelStanding(model: model(item.id, item.created))
        standing.set(snapshot(item.id, count: item.count), valueField: "value")
        return standing
      }
      for direction in [CrunchContract.Aggregation.Direction.ascending, .descending] {
        let entries = LeaderboardBuilder(.init(direction: direction)).entries(standings, now: Self.now)
        #expect(entries.compactMap { $0["model_id"]?.string } == Self.ordered.map(\.id))
        #expect(entries.compactMap { $0["rank"]?.int } == Array(1...7))
      }
    }
  }

  @Test("checkpoints decide in the same way")
  func checkpoint() {
    for list in shuffles {
      let checkpoint = CheckpointBuilder(.init(), wallets: Wallets()).checkpoint(
        periodStart: Self.now, periodEnd: Self.now, snapshots: list.map { snapshot($0.id, count: $0.count) },
        models: list.map { model($0.id, $0.created) }, createdAt: Self.now)
      #expect(checkpoint.meta["ranking"]?.array?.map { $0["model_id"]?.string } == Self.ordered.map(\.id))
    }
  }

  @Test("a value that is greater by the least goes before any count")
  func valueFirst() {
    let standings = [("a", 100, 0.5), ("b", 1, 0.5.nextUp)].map { id, count, value in
      var standing = ModelStanding(model: model(id, 0))
      standing.set(snapshot(id, count: count, value: value), valueField: "value")
      return standing
    }
    let entries = LeaderboardBuilder(.init()).entries(standings, now: Self.now)
    #expect(entries.compactMap { $0["model_id"]?.string } == ["b", "a"])
  }
}
