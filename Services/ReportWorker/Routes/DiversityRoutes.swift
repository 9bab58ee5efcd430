import Competition
import Store

// How much models differ from each other: /reports/diversity and /reports/models/{id}/diversity.

extension ReportAPI {
  var diversityRoutes: [Route] {
    [
      .get(
        "/reports/diversity", "How much participants' models differ, by their newest snapshots.",
        .limit(50, in: 1...200), answers: .json(.rows("Diversity"), "A row for each model, the most diverse first.")
      ) { _, limit in
        let snapshots = try await store.newestSnapshots(of: .all, limit: Page.rows)
        return Answer(.array(Diversity.overview(snapshots.map(\.snapshot), limit: limit).map(JSON.object)))
      },
      .get(
        "/reports/models/{id}/diversity", "How much one model differs, and what follows for its participant.",
        answers: .json(.named("ModelDiversity"), "By the model's newest snapshot."),
        missing: "The model has no snapshot.",
        diversityOfModel),
    ]
  }

  private func diversityOfModel(_ request: APIRequest) async throws -> Answer {
    guard !request.id.hasNUL, let newest = try await store.newestSnapshots(of: .only([request.id]), limit: 1).first
    else { throw APIError.notFound("No snapshots found for model '\(request.id)'") }
    let rank = try await store.rank(of: request.id)
    return Answer(.object(Diversity.report(of: newest.snapshot, rank: rank.flatMap { Int(exactly: $0) })))
  }
}
