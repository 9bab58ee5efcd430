import Competition
import Hummingbird

// The newest ranking: /reports/leaderboard.

extension ReportAPI {
  var leaderboardRoutes: [Route] {
    let cache = LeaderboardCache(store: store, now: now)
    return [
      .get("/reports/leaderboard") { request in
        guard !request.query.isEmpty else { return Answer(try await cache.prepared()) }
        var query = QueryReader(request.query)
        let includesEnsembles = query.boolean("include_ensembles", default: false)
        let page = Page(request, &query)
        try query.finish()
        let rows = try await store.leaderboard().map { LeaderboardRows($0, includesEnsembles: includesEnsembles) }
        return page.answer(of: rows?.entries ?? []) { rows?.write($1, into: &$0) }
      }
    ]
  }
}

/// A leaderboard as rows: by rank, with each metric as a key of its own.
struct LeaderboardRows: Sendable {
  let entries: [JSONObject]
  private let createdAt: JSON

  init(_ leaderboard: Leaderboard, includesEnsembles: Bool) {
    createdAt = leaderboard.createdAt.json(.z)
    entries = leaderboard.entries
      .filter { includesEnsembles || $0["model_id"]?.string.map(EnsembleName.isVirtual) != true }
      .enumerated().sorted { (Self.rank($0.element), $0.offset) < (Self.rank($1.element), $1.offset) }.map(\.element)
  }

  /// An entry without a rank goes to the end.
  private static func rank(_ entry: JSONObject) -> Int64 { entry["rank"]?.int ?? 999_999 }

  func write(_ entry: JSONObject, into text: inout JSONText) {
    let metrics = entry["score"]?["metrics"]?.object ?? [:]
    text.object { row in
      row.member("created_at", createdAt)
      row.member("model_id", entry["model_id"] ?? .null)
      row.member("score_metrics", .object(metrics))
      row.member("score_ranking", .object(entry["score"]?["ranking"]?.object ?? [:]))
      row.member("rank", .int(Self.rank(entry)))
      row.member("model_name", entry["model_name"] ?? .null)
      row.member("cruncher_name", entry["cruncher_name"] ?? .null)
      row.flattened(metrics, taken: Self.keys)
    }
  }

  private static let keys: Set<String> = [
    "created_at", "model_id", "score_metrics", "score_ranking", "rank", "model_name", "cruncher_name",
  ]
}

extension JSONText {
  /// Each metric as a number under its name, and with `score_` in front, as 0.1.1 called it.
  /// - Parameter taken: keys that the row has already; a metric of such a name does not replace them.
  mutating func flattened(_ metrics: JSONObject, taken: Set<String>) {
    var taken = taken
    let rows = metrics.map { ($0.key, JSON(finite: $0.value.floatValue)) }
    for (name, value) in rows + rows.map({ ("score_" + $0.0, $0.1) }) where taken.insert(name).inserted {
      member(name, value)
    }
  }
}
