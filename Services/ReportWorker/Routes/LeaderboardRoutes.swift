import Competition
import Hummingbird
import Store

// The newest ranking: /reports/leaderboard.

extension ReportAPI {
  var leaderboardRoutes: [Route] {
    let cache = LeaderboardCache(store: store)
    let look = SharedLook { try await cache.page() }
    return [
      .get(
        "/reports/leaderboard", "The newest ranking, by rank.", .includesEnsembles, .page,
        answers: .json(.rows("LeaderboardRow"), "A row for each model; none before the first ranking."),
        details:
          "Each metric is a member too, under its name and with `score_` in front. A model without a rank has 999999."
      ) { request, includesEnsembles, page in
        guard !request.query.isEmpty else {
          let first = try await look.current()
          var answer = Answer(.prepared(first.body))
          if first.isCut { answer.link(to: String(Page.rows), of: request) }
          return answer
        }
        let rows = try await store.leaderboard(
          includesEnsembles: includesEnsembles, limit: page.limit + 1, offset: page.offset)
        return Page(page, of: request).answer(ofFetched: rows) { $1.write(into: &$0) }
      }
    ]
  }
}

extension LeaderboardRow {
  func write(into text: inout JSONText) {
    text.object { row in
      row.member("created_at", createdAt.json(.z))
      row.member("model_id", JSON(modelID))
      row.member("score_metrics", object: metrics)
      row.member("score_ranking", object: ranking)
      row.member("rank", .int(rank))
      row.member("model_name", JSON(modelName))
      row.member("cruncher_name", JSON(cruncherName))
      row.flattened((metrics?.members ?? []).map { ($0.key, $0.value.number) }, taken: Self.keys)
    }
  }

  private static let keys: Set<String> = [
    "created_at", "model_id", "score_metrics", "score_ranking", "rank", "model_name", "cruncher_name",
  ]
}

extension JSONText {
  /// Each metric as a number under its name, and with `score_` in front, as 0.1.1 called it.
  /// - Parameter taken: keys that the row has already; a metric of such a name does not replace them.
  mutating func flattened(_ metrics: [(name: String, value: Double?)], taken: Set<String>) {
    var taken = taken
    for prefix in ["", "score_"] {
      for (name, value) in metrics where taken.insert(prefix + name).inserted {
        member(prefix + name, JSON(finite: value))
      }
    }
  }
}
