import Competition
import Store

// How much models differ from each other: /reports/diversity and /reports/models/{id}/diversity.

extension ReportAPI {
  var diversityRoutes: [Route] {
    [.get("/reports/diversity", diversity), .get("/reports/models/{id}/diversity", diversityOfModel)]
  }

  private func diversity(_ request: APIRequest) async throws -> Answer {
    var query = QueryReader(request.query)
    let limit = query.integer("limit", default: 50, in: 1...200)
    try query.finish()
    let rows = Diversity.overview(try await store.newestSnapshots(), limit: limit)
    return Answer(.array(rows.map(JSON.object)))
  }

  private func diversityOfModel(_ request: APIRequest) async throws -> Answer {
    guard !request.id.hasNUL, let newest = try await store.newestSnapshots(of: request.id).first else {
      throw APIError.notFound("No snapshots found for model '\(request.id)'")
    }
    let entry = try await store.leaderboard()?.entries.first { $0["model_id"]?.string == request.id }
    let rank = entry?["rank"]?.int.flatMap { Int(exactly: $0) }
    return Answer(.object(Diversity.report(of: newest, rank: rank)))
  }
}
