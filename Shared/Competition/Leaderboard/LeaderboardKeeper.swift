/// The leaderboard as a value that is kept current: snapshots are added or replaced bucket by bucket, and no refresh reads
/// history again.
public struct LeaderboardKeeper: Sendable {
  private let aggregation: CrunchContract.Aggregation
  private let builder: LeaderboardBuilder
  private let longestWindowSeconds: Int
  private var models: [String: Model] = [:]
  private var standings: [String: ModelStanding] = [:]
  /// The entries written last; the same again are not written.
  private var written: [JSONObject] = []

  public init(_ aggregation: CrunchContract.Aggregation) {
    self.aggregation = aggregation
    builder = LeaderboardBuilder(aggregation)
    longestWindowSeconds = (aggregation.windows.map(\.hours).max() ?? 168) * 3_600
  }

  /// The earliest period end that still counts at `now`.
  public func horizon(_ now: Timestamp) -> Timestamp { now.adding(seconds: -longestWindowSeconds) }

  /// Begins anew with what is stored.
  public mutating func load(_ stored: [Snapshot], models: [Model]) {
    standings = [:]
    written = []
    know(models)
    add(stored)
  }

  /// Adds snapshots, each in place of what was known of its model and bucket.
  public mutating func add(_ snapshots: [Snapshot]) { for snapshot in snapshots { set(snapshot) } }

  public mutating func know(_ models: [Model]) {
    for model in models {
      self.models[model.id] = model
      standings[model.id]?.model = model
    }
  }

  /// Whether all these models are known; entries of others would have no names.
  public func knows(_ modelIDs: [String]) -> Bool { modelIDs.allSatisfy { models[$0] != nil } }

  /// Sets a bucket's snapshots in place of what was known of it.
  public mutating func replace(_ bucket: Timestamp, with fresh: [Snapshot]) {
    let present = Set(fresh.map(\.modelID))
    for id in standings.keys where !present.contains(id) { standings[id]?.remove(bucket: bucket) }
    for snapshot in fresh { set(snapshot) }
  }

  private mutating func set(_ snapshot: Snapshot) {
    guard let model = models[snapshot.modelID] else { return }
    standings[model.id, default: ModelStanding(model: model)].set(snapshot, valueField: aggregation.valueField)
  }

  /// The leaderboard at `now`, when it differs from the one written last. Equal data and equal `now` give equal entries.
  public mutating func changed(now: Timestamp, bucketSeconds: Int) -> Leaderboard? {
    let oldest = horizon(now)
    for id in standings.keys { standings[id]?.forget(before: oldest) }
    let entries = builder.entries(standings.values.filter { !$0.points.isEmpty }, now: now)
    guard entries != written else { return nil }
    written = entries
    return Leaderboard(
      id: RecordIDs.leaderboard(at: now.floored(toSeconds: bucketSeconds)), createdAt: now, entries: entries)
  }
}
