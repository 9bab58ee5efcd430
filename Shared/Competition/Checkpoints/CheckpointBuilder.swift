/// Ranks the models of a period by their snapshots and derives the emission (decision 13).
public struct CheckpointBuilder: Sendable {
  private let aggregation: CrunchContract.Aggregation
  private let rule: EmissionRule
  private let wallets: Wallets
  private let contract: String?

  /// - Parameter contract: the digest of the one that says all this; goes into the checkpoint's `meta`.
  public init(
    _ aggregation: CrunchContract.Aggregation, emission rule: EmissionRule = .tiers, wallets: Wallets,
    contract: String? = nil
  ) {
    self.aggregation = aggregation
    self.rule = rule
    self.wallets = wallets
    self.contract = contract
  }

  /// - Parameter snapshots: those that this checkpoint counts, in order of time.
  public func checkpoint(
    periodStart: Timestamp, periodEnd: Timestamp, snapshots: [Snapshot], models: [Model], createdAt: Timestamp
  ) -> Checkpoint {
    let rows = ranking(snapshots.filter { !EnsembleName.isVirtual($0.modelID) }, models)
    let ranking = JSON.array(rows.map(JSON.object))
    let entries = [JSON.object(rule.emission(of: rows, wallets: wallets))]
    var meta: JSONObject = [
      "snapshot_count": JSON(snapshots.count), "model_count": JSON(rows.count), "ranking": ranking,
      Snapshot.evidenceKey: .string(
        Checkpoint.evidenceDigest(snapshots: snapshots, entries: entries, ranking: ranking)),
    ]
    meta[Snapshot.contractKey] = contract.map(JSON.string)
    return Checkpoint(
      id: RecordIDs.checkpoint(at: periodEnd), periodStart: periodStart, periodEnd: periodEnd, status: .pending,
      entries: entries, meta: meta, createdAt: createdAt)
  }

  private struct Row {
    var model: Model
    var name: JSON
    var cruncherName: JSON
    var predictionCount: Int
    var snapshotCount: Int
    var summary: JSONObject
  }

  private func ranking(_ snapshots: [Snapshot], _ models: [Model]) -> [JSONObject] {
    let known = Dictionary(models.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var rows: [Row] = []
    for (id, group) in Dictionary(grouping: snapshots, by: \.modelID) {
      let count = group.reduce(0) { $0 + $1.predictionCount }
      guard count > 0 else { continue }
      let model = known[id]
      rows.append(
        Row(
          model: model
            ?? Model(
              id: id, name: "", playerID: "", playerName: "", deploymentIdentifier: "", createdAt: .distantFuture),
          name: JSON(model?.name), cruncherName: JSON(model?.playerName), predictionCount: count,
          snapshotCount: group.count, summary: Self.weighted(group, total: count)))
    }
    let key = rankingKey(rows)
    let ordered = rows.sorted { left, right in
      let (a, b) = (left.summary[key]?.number ?? 0, right.summary[key]?.number ?? 0)
      if a != b { return aggregation.direction == .descending ? a > b : a < b }
      return aggregation.ties.precedes(
        left.model, count: left.predictionCount, right.model, count: right.predictionCount)
    }
    return ordered.enumerated().map { index, row in
      [
        "model_id": .string(row.model.id), "model_name": row.name, "cruncher_name": row.cruncherName,
        "prediction_count": JSON(row.predictionCount), "snapshot_count": JSON(row.snapshotCount),
        "result_summary": .object(row.summary), "rank": JSON(index + 1),
      ]
    }
  }

  /// The contract's ranking key when summaries have it; it may name a window of the leaderboard, which no summary has, and
  /// then models rank by the field that windows average.
  private func rankingKey(_ rows: [Row]) -> String {
    rows.contains { $0.summary[aggregation.rankingKey]?.number != nil }
      ? aggregation.rankingKey : aggregation.valueField
  }

  /// Means over the snapshots, each weighted by its share of the model's predictions. A snapshot that lacks a key counts
  /// with 0, as in the original.
  private static func weighted(_ snapshots: [Snapshot], total: Int) -> JSONObject {
    var summary = JSONObject()
    for snapshot in snapshots {
      let weight = Double(snapshot.predictionCount) / Double(total)
      for member in snapshot.resultSummary {
        guard let value = member.value.number else { continue }
        summary[member.key] = .double((summary[member.key]?.number ?? 0) + value * weight)
      }
    }
    return summary
  }
}

extension Timestamp {
  /// Later than anything that happens.
  static let distantFuture = Timestamp(microseconds: .max)
}
