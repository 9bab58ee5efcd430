import Competition
import Testing
import VectorKit

@Suite("Leaderboards and rankings are those of the original")
struct RankingTests {
  /// Equal values: ours go by prediction count, creation and id, the original's by first appearance; ranks of equal values
  /// are compared as a set.
  @Test("windows, metrics and ranks of 0.1.101")
  func leaderboard() throws {
    for item in try Vectors("v101_leaderboard").cases {
      let now = try #require(item.input["now"]?.time)
      let aggregation = try #require(self.aggregation(item.input["aggregation"]))
      let expected = try #require(item.expected?.array)
      let entries = LeaderboardBuilder(aggregation).entries(try standings(in: item, aggregation), now: now)
      #expect(entries.count == expected.count, "\(item)")
      for (place, (ours, theirs)) in zip(entries, expected).enumerated() {
        let value = theirs["score"]?["ranking"]?["value"] ?? .null
        guard value.isFinite else { continue }
        #expect(agree(ours["score"]?["ranking"]?["value"] ?? .null, value), "\(item) place \(place)")
        #expect(ours["rank"] == theirs["rank"], "\(item)")
        let same = try #require(entries.first { $0["model_id"] == theirs["model_id"] }, "\(item)")
        #expect(
          agree(same["score"]?["metrics"] ?? .null, finite(theirs["score"]?["metrics"])),
          "\(item) \(theirs["model_id"] ?? .null)")
      }
    }
  }

  /// 0.1.1 averages the ranking key. Where all summaries have it as a number its windows are ours with that as the value
  /// field; ranks are not compared, since it ranks by 0 where the key is no window (decision 13).
  @Test("windows of 0.1.1 where summaries have the ranking key")
  func earlierLeaderboard() throws {
    var compared = 0
    for item in try Vectors("v011_leaderboard").cases {
      let now = try #require(item.input["now"]?.time)
      guard var aggregation = aggregation(item.input["aggregation"]), let expected = item.expected?.array else {
        continue
      }
      aggregation.valueField = aggregation.rankingKey
      let snapshots = item.input["snapshots"]?.array ?? []
      let isKeyThere = snapshots.allSatisfy {
        $0["result_summary"]?[aggregation.rankingKey]?.number?.isFinite == true
          && !EnsembleName.isVirtual($0["model_id"]?.string ?? "")
      }
      guard isKeyThere, !snapshots.isEmpty else { continue }
      let entries = LeaderboardBuilder(aggregation).entries(try standings(in: item, aggregation), now: now)
      #expect(entries.count == expected.count, "\(item)")
      for theirs in expected {
        let ours = try #require(entries.first { $0["model_id"] == theirs["model_id"] }, "\(item)")
        for window in aggregation.windows {
          let value = theirs["score"]?["metrics"]?[window.name] ?? .null
          #expect(agree(ours["score"]?["metrics"]?[window.name] ?? .null, value), "\(item) \(window.name)")
          compared += 1
        }
      }
    }
    #expect(compared > 0)
  }

  private func finite(_ metrics: JSON?) -> JSON {
    .object(JSONObject((metrics?.object ?? [:]).filter { $0.value.isFinite }.map { ($0.key, $0.value) }))
  }

  /// The rule alone, on entries that have a metric that reads as a number; what else the original ranks by cannot occur here.
  @Test("the order of values", arguments: ["v011", "v101"])
  func order(version: String) throws {
    for item in try Vectors("\(version)_ranking").cases {
      guard let key = item.input["ranking_key"]?.string else { continue }
      let isDescending = item.input["ranking_direction"]?.string == "desc"
      let entries = (item.input["entries"]?.array ?? [])
      let values = entries.map { $0["score"]?["metrics"]?[key]?.floatValue }
      guard !entries.isEmpty, values.allSatisfy({ $0?.isFinite ?? false }) else { continue }
      let aggregation = CrunchContract.Aggregation(
        windows: [], rankingKey: key, direction: isDescending ? .descending : .ascending)
      let time = Timestamp(seconds: 1)
      let standings = zip(entries, values).enumerated().map { index, pair in
        var standing = ModelStanding(model: model("\(index)", nil))
        standing.set(
          Snapshot(
            id: "", modelID: "\(index)", periodStart: time, periodEnd: time, predictionCount: 1,
            resultSummary: [key: .double(pair.1 ?? 0)], createdAt: time), valueField: "value")
        return standing
      }
      let ours = LeaderboardBuilder(aggregation).entries(standings, now: time).compactMap {
        $0["score"]?["ranking"]?["value"]?.number
      }
      let theirs = (item.expected?.array ?? []).compactMap { pair in
        entries.firstIndex { $0["model_id"] == pair.array?.first }.flatMap { values[$0] }
      }
      // The original's entries may repeat a model id; then its answer cannot be traced back to values.
      if Set(entries.compactMap { $0["model_id"]?.string }).count == entries.count {
        #expect(ours == theirs, "\(item)")
      }
    }
  }

  /// Selection by period is the store's (decision 13), so the test selects as the original does. Booleans are not averaged;
  /// the order is compared where the ranking key is in the summaries, since else ours falls back to the value field.
  @Test("weights, ranking and emission of checkpoints", arguments: ["v011", "v101"])
  func checkpoints(version: String) throws {
    for item in try Vectors("\(version)_create_checkpoint").cases {
      guard let expected = item.expected, !expected.isNull else { continue }
      let input = item.input
      let start = try #require(expected["period_start"]?.time)
      let end = try #require(expected["period_end"]?.time)
      let snapshots = try (input["snapshots"]?.array ?? []).enumerated().compactMap { index, snapshot -> Snapshot? in
        let periodStart = try #require(snapshot["period_start"]?.time)
        let periodEnd = try #require(snapshot["period_end"]?.time)
        guard periodEnd >= start, periodStart <= end else { return nil }
        return Snapshot(
          id: "\(index)", modelID: snapshot["model_id"]?.string ?? "", periodStart: periodStart, periodEnd: periodEnd,
          predictionCount: Int(snapshot["prediction_count"]?.int ?? 0),
          resultSummary: snapshot["result_summary"]?.object ?? [:], createdAt: end)
      }
      guard !snapshots.contains(where: { EnsembleName.isVirtual($0.modelID) }) else { continue }
      let models = (input["models"]?.object ?? [:]).map { model($0.key, $0.value) }
      let key = input["ranking_key"]?.string ?? "score_recent"
      let builder = CheckpointBuilder(
        CrunchContract.Aggregation(
          rankingKey: key, direction: input["ranking_direction"]?.string == "desc" ? .descending : .ascending),
        wallets: Wallets(
          crunch: input["crunch_pubkey"]?.string ?? "", compute: input["compute_provider"]?.string,
          data: input["data_provider"]?.string))
      let ours = builder.checkpoint(
        periodStart: start, periodEnd: end, snapshots: snapshots, models: models, createdAt: end)
      #expect(ours.id == expected["id"]?.string, "\(item)")
      #expect(ours.meta["snapshot_count"] == expected["meta"]?["snapshot_count"], "\(item)")
      #expect(ours.meta["model_count"] == expected["meta"]?["model_count"], "\(item)")
      try compareRankings(item, ours, expected, key: key, snapshots: snapshots)
    }
  }

  private func compareRankings(
    _ item: Vectors.Case, _ ours: Checkpoint, _ expected: JSON, key: String, snapshots: [Snapshot]
  ) throws {
    let rows = ours.meta["ranking"]?.array ?? []
    let theirs = expected["meta"]?["ranking"]?.array ?? []
    for row in theirs {
      let same = try #require(rows.first { $0["model_id"] == row["model_id"] }, "\(item)")
      for name in ["prediction_count", "snapshot_count"] { #expect(same[name] == row[name], "\(item) \(name)") }
      let own = snapshots.filter { $0.modelID == row["model_id"]?.string }
      for member in row["result_summary"]?.object ?? [:] where member.value.isFinite {
        if own.contains(where: { $0.resultSummary[member.key]?.bool != nil }) { continue }
        #expect(agree(same["result_summary"]?[member.key] ?? .null, member.value), "\(item) \(member.key)")
      }
    }
    let values = theirs.map { $0["result_summary"]?[key]?.number ?? 0 }
    let isKeyThere = snapshots.contains { $0.resultSummary[key]?.number != nil }
    if isKeyThere, Set(values).count == values.count, values.allSatisfy(\.isFinite),
      !snapshots.contains(where: { $0.resultSummary[key]?.bool != nil })
    {
      #expect(rows.map { $0["model_id"] } == theirs.map { $0["model_id"] }, "\(item)")
      #expect(agree(.array(ours.entries), expected["entries"] ?? .null), "\(item)")
    }
  }

  private func aggregation(_ json: JSON?) -> CrunchContract.Aggregation? {
    guard let json, let windows = json["windows_hours"]?.object else { return nil }
    return CrunchContract.Aggregation(
      windows: windows.map { .init(name: $0.key, hours: Int($0.value.int ?? 0)) },
      rankingKey: json["ranking_key"]?.string ?? "",
      direction: json["ranking_direction"]?.string == "desc" ? .descending : .ascending,
      valueField: json["value_field"]?.string ?? "value")
  }

  private func standings(
    in item: Vectors.Case, _ aggregation: CrunchContract.Aggregation
  ) throws -> [ModelStanding] {
    var standings: [String: ModelStanding] = [:]
    for (index, snapshot) in (item.input["snapshots"]?.array ?? []).enumerated() {
      let id = snapshot["model_id"]?.string ?? ""
      let end = try #require(snapshot["period_end"]?.time)
      // Each of the original's snapshots is one of its own, also where two end at the same time.
      let start = Timestamp(microseconds: end.microseconds - 1_000 + Int64(index))
      standings[id, default: ModelStanding(model: model(id, item.input["models"]?[id]))].set(
        Snapshot(
          id: "\(index)", modelID: id, periodStart: start, periodEnd: end, predictionCount: 1,
          resultSummary: snapshot["result_summary"]?.object ?? [:], createdAt: end),
        valueField: aggregation.valueField)
    }
    return Array(standings.values)
  }

  private func model(_ id: String, _ json: JSON?) -> Model {
    Model(
      id: id, name: json?["name"]?.string ?? "", playerID: "", playerName: json?["player_name"]?.string ?? "",
      deploymentIdentifier: "", createdAt: Timestamp(seconds: 0))
  }
}
