import Competition
import Testing

@testable import ScoreWorker

@Suite("The leaderboard as it is kept")
struct LeaderboardKeeperTests {
  private let now = Timestamp(seconds: 1_771_000_000)
  private let models = ["a", "b", "c"].map(ScoreBench.model)

  private func snapshot(_ model: String, hoursAgo: Double, _ value: Double, extra: Double? = nil) -> Snapshot {
    let end = now.adding(seconds: -3_600 * hoursAgo).floored(toSeconds: 60)
    var summary: JSONObject = ["value": .double(value)]
    if let extra { summary["actual_return"] = .double(extra) }
    return Snapshot(
      id: RecordIDs.snapshot(model: model, at: end), modelID: model, periodStart: end.adding(seconds: -60),
      periodEnd: end, predictionCount: 1, resultSummary: summary, createdAt: end)
  }

  private var stored: [Snapshot] {
    [
      snapshot("a", hoursAgo: 100, 0.3), snapshot("b", hoursAgo: 50, 0.1), snapshot("a", hoursAgo: 2, 0.9),
      snapshot("b", hoursAgo: 2, 0.2), snapshot("c", hoursAgo: 2, 0.4), snapshot("a", hoursAgo: 1, 0.1, extra: 9),
    ]
  }

  private func loaded(_ snapshots: [Snapshot]) -> LeaderboardKeeper {
    var keeper = LeaderboardKeeper(CrunchContract.default.aggregation)
    keeper.load(snapshots, models: models)
    return keeper
  }

  private func text(_ keeper: LeaderboardKeeper, now: Timestamp? = nil) -> String? {
    var keeper = keeper
    return keeper.changed(now: now ?? self.now, bucketSeconds: 60).map {
      JSON.array($0.entries.map(JSON.object)).text
    }
  }

  /// What changed at a time after now, by model in order of rank; nil when nothing did.
  private func ranking(_ keeper: inout LeaderboardKeeper, after seconds: Int = 0) -> [String]? {
    keeper.changed(now: now.adding(seconds: seconds), bucketSeconds: 60)?.entries.compactMap { $0["model_id"]?.string }
  }

  private func entries(_ keeper: LeaderboardKeeper, after seconds: Int = 0) throws -> [JSONObject] {
    var keeper = keeper
    let board = keeper.changed(now: now.adding(seconds: seconds), bucketSeconds: 60)
    return try #require(board).entries
  }

  @Test("equal data and equal now give equal bytes, whatever came first and however often")
  func equalBytes() throws {
    let wanted = try #require(text(loaded(stored)))
    #expect(text(loaded(stored.reversed())) == wanted)
    var grown = LeaderboardKeeper(CrunchContract.default.aggregation)
    grown.know(models)
    for (bucket, group) in Dictionary(grouping: stored, by: \.periodStart).sorted(by: { $0.key > $1.key }) {
      grown.replace(bucket, with: group.map { snapshot in snapshot.with(value: 99) })
      grown.replace(bucket, with: group)
    }
    #expect(text(grown) == wanted)
  }

  @Test("models rank by the mean of their last day, each window with its own")
  func windows() throws {
    let entries = try entries(loaded(stored))
    #expect(entries.compactMap { $0["model_id"]?.string } == ["a", "c", "b"])
    let metrics = try #require(entries[0]["score"]?["metrics"])
    let means = [
      "score_recent": (0.9 + 0.1) / 2, "score_steady": (0.9 + 0.1) / 2, "score_anchor": (0.3 + 0.9 + 0.1) / 3,
    ]
    for (window, mean) in means {
      let shown = try #require(metrics[window]?.number)
      #expect(abs(shown - mean) < 1e-12, "\(window)")
    }
    #expect(metrics["actual_return"] == 9.0)
    #expect(entries[0]["cruncher_name"] == "Player a")
  }

  @Test("snapshots leave their windows as time goes by")
  func ages() {
    var keeper = loaded([snapshot("a", hoursAgo: 1, 1), snapshot("b", hoursAgo: 23.5, 5)])
    let first = ranking(&keeper)
    #expect(first == ["b", "a"])
    let later = ranking(&keeper, after: 3_600)
    #expect(later == ["a", "b"])
  }

  @Test("it is written when it changes, and not again")
  func changes() {
    var keeper = loaded(stored)
    let newest = snapshot("c", hoursAgo: 0, 0.4)
    var written = [ranking(&keeper) != nil, ranking(&keeper, after: 1) != nil]
    keeper.replace(newest.periodStart, with: [newest])
    written.append(ranking(&keeper, after: 2) != nil)
    keeper.replace(newest.periodStart, with: [newest.with(value: 3)])
    written.append(ranking(&keeper, after: 3) != nil)
    // A second snapshot of the same value leaves every mean as it was.
    #expect(written == [true, false, false, true])
  }

  @Test("leaderboards of one bucket have one id, those of the next another")
  func oneRowABucket() throws {
    let bucket = now.floored(toSeconds: 60)
    let ids = [0.0, 20, 59.999, 60].map { second in
      var keeper = loaded(stored)
      return keeper.changed(now: bucket.adding(seconds: second), bucketSeconds: 60)?.id
    }
    #expect(Set(ids[0..<3]).count == 1)
    #expect(ids[3] != ids[0])
  }

  @Test("a model that a bucket no longer has loses what it had there")
  func taken() throws {
    let kept = [snapshot("a", hoursAgo: 2, 0.7), snapshot("b", hoursAgo: 1, 0.1), snapshot("b", hoursAgo: 3, 0.5)]
    let gone = [snapshot("a", hoursAgo: 1, 0.9), snapshot("c", hoursAgo: 1, 0.8)]
    var keeper = loaded(kept + gone)
    keeper.replace(gone[0].periodStart, with: [kept[1]])
    let entries = try entries(keeper)
    #expect(entries.compactMap { $0["model_id"]?.string } == ["a", "b"])
    #expect(entries[0]["score"]?["metrics"]?["score_recent"] == 0.7)
  }

  @Test("a model without a snapshot in any window ranks with zeros and shows its newest result")
  func silentModel() throws {
    let keeper = loaded([snapshot("c", hoursAgo: 2, 0.9), snapshot("a", hoursAgo: -190, 0.2)])
    let entries = try entries(keeper, after: 3_600 * 190)
    #expect(entries.compactMap { $0["model_id"]?.string } == ["a", "c"])
    #expect(entries[1]["score"]?["metrics"]?["score_anchor"] == 0.0)
    #expect(entries[1]["score"]?["metrics"]?["value"] == 0.9)
  }

  @Test("it says which models it does not know, and shows one as soon as it does")
  func unknownModel() throws {
    var keeper = loaded(stored)
    #expect(keeper.knows(["a", "b"]))
    #expect(!keeper.knows(["a", "new"]))
    let first = Snapshot(
      id: "s", modelID: "new", periodStart: now, periodEnd: now, predictionCount: 1, resultSummary: ["value": 9.0],
      createdAt: now)
    keeper.know([ScoreBench.model("new")])
    keeper.replace(now, with: [first])
    #expect(try entries(keeper)[0]["model_name"] == "model new")
  }

  @Test("a model that is renamed shows its new name")
  func renamed() throws {
    var keeper = loaded(stored)
    _ = ranking(&keeper)
    var model = ScoreBench.model("a")
    model.playerName = "Other"
    keeper.know([model])
    #expect(try entries(keeper)[0]["cruncher_name"] == "Other")
  }
}

extension Snapshot {
  fileprivate func with(value: Double) -> Snapshot {
    var copy = self
    copy.resultSummary["value"] = .double(value)
    return copy
  }
}
