import Callables
import Competition
import Store

/// Compares all leaderboards with their digests, and makes the newest one again from the snapshots. Earlier ones were made
/// of snapshots that were provisional then, so that nothing is left to make them of.
struct LeaderboardPass: Sendable {
  let view: EvidenceView
  let span: EvidenceView.Span
  let book: ContractBook

  func run(_ report: inout VerificationReport) async throws {
    let digests = try await view.leaderboardDigests(span)
    if let wrong = digests.wrong {
      throw Difference(
        table: "leaderboards", row: wrong.id, column: "entries_jsonb",
        stored: "entries with the digest \(wrong.stored)",
        recomputed: wrong.recomputed)
    }
    report.count("digests of leaderboards", digests.checked)
    report.skip("leaderboards without a digest", digests.without)
    guard span == .all, let newest = try await view.newestLeaderboard() else { return }
    let aggregation = book.present.aggregation
    guard let ranker = await book.functions(of: book.present).ranker else {
      return report.skip("newest leaderboard: its ranking cannot be used")
    }
    var keeper = LeaderboardKeeper(aggregation)
    keeper.load([], models: Self.named(try await view.models(), by: newest))
    let horizon = keeper.horizon(newest.createdAt)
    let latest = try await view.newestSnapshots()
    keeper.add(latest.filter { $0.periodEnd < horizon })
    try await view.openPoints(since: horizon, field: aggregation.valueField)
    var page = try await view.nextPoints()
    while !page.isEmpty {
      keeper.add(page)
      page = try await view.nextPoints()
    }
    // Of the newest one the whole summary is shown.
    keeper.add(latest.filter { $0.periodEnd >= horizon })
    let unranked = keeper.changed(now: newest.createdAt, bucketSeconds: 1)?.entries ?? []
    let expected = await ranker.ranked(unranked).entries
    for (position, entry) in newest.entries.enumerated()
    where position >= expected.count || entry != expected[position].stored {
      let recomputed = position < expected.count ? expected[position].stored : [:]
      try await differ(newest, entry, recomputed, &report)
      return
    }
    if newest.entries.count != expected.count {
      return try await differ(newest, [:], expected[newest.entries.count], &report)
    }
    report.count("newest leaderboard")
  }

  /// A node in work, or one that was stopped, may have snapshots that the leaderboard does not show yet.
  private func differ(
    _ newest: Leaderboard, _ stored: JSONObject, _ recomputed: JSONObject, _ report: inout VerificationReport
  ) async throws {
    if let change = try await view.lastChange(), change > newest.createdAt.adding(seconds: -2) {
      return report.skip("newest leaderboard: it is older than the last scores or seal")
    }
    try Difference.check(
      "leaderboards", newest.id, "entries_jsonb", stored: stored, recomputed: recomputed,
      note: "or a snapshot, or the contract, is another than it was")
  }

  /// Names may have changed since; the digest covers those that are stored.
  private static func named(_ models: [Model], by leaderboard: Leaderboard) -> [Model] {
    let entries = Dictionary(
      leaderboard.entries.map { ($0["model_id"]?.string ?? "", $0) }, uniquingKeysWith: { first, _ in first })
    return models.map { model in
      var named = model
      named.name = entries[model.id]?["model_name"]?.string ?? model.name
      named.playerName = entries[model.id]?["cruncher_name"]?.string ?? model.playerName
      return named
    }
  }
}
