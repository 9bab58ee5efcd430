import Competition
import Store

// What snapshots measured: /reports/models/metrics over time, /reports/models/summary now.

extension ReportAPI {
  var summaryRoutes: [Route] {
    let pictures = ChartPage.Pictures(most: 8)
    return [
      .get(
        "/reports/models/metrics", "What each model's snapshots of a range measured.", .models, .range,
        .includesEnsembles, .chart,
        answers: .json(.rows("ModelMetrics"), "A row for each snapshot, ascending by its creation.")
      ) { try await metrics($0, models: $1, range: $2, includesEnsembles: $3, chart: $4, pictures) },
      .get(
        "/reports/models/summary", "What each model's newest snapshot of a range measured.", .models, .range,
        .includesEnsembles, .page,
        answers: .json(.rows("ModelSummary"), "A row for each model that has a snapshot, in the order asked for."),
        summary),
    ]
  }

  private func metrics(
    _ request: APIRequest, models: ReportModels, range: ReportRange, includesEnsembles: Bool, chart: ChartRequest,
    _ pictures: ChartPage.Pictures
  ) async throws -> Answer {
    guard models != .only([]) else { return .emptyList }
    return try await ChartPage(chart, of: request, range, pictures).answer(
      page: { cursor, limit in
        // Whether they are too many is known sooner than what they are.
        if cursor == nil, chart.detail == .automatic,
          try await store.hasMoreSnapshots(
            overlapping: range, models, includesEnsembles: includesEnsembles, than: limit - 1)
        {
          return nil
        }
        return try await store.snapshots(
          overlapping: range, models, includesEnsembles: includesEnsembles, after: cursor, limit: limit)
      },
      thinned: {
        try await store.thinnedSnapshots(
          overlapping: range, models, includesEnsembles: includesEnsembles, cells: $0, limit: $1)
      },
      cursor: { ReportCursor(time: $0.createdAt, id: $0.id) }
    ) { text, snapshot in
      text.object { row in
        row.members(
          [
            "model_id": .string(snapshot.modelID), "performed_at": snapshot.createdAt.json(.naive),
            "prediction_count": .int(snapshot.predictionCount),
          ], then: snapshot.resultSummary?.figures() ?? [])
      }
    }
  }

  private func summary(
    _ request: APIRequest, models: ReportModels, range: ReportRange, includesEnsembles: Bool, page: PageRequest
  ) async throws -> Answer {
    guard models != .only([]) else { return .emptyList }
    let found = try await store.newestSnapshots(of: models, overlapping: range, limit: Page.rows)
      .filter { includesEnsembles || !EnsembleName.isVirtual($0.modelID) }
    return Page(page, of: request).answer(of: models.inOrder(found)) { text, snapshot in
      text.object { row in
        row.members(["model_id": .string(snapshot.modelID)], then: snapshot.resultSummary?.figures() ?? [])
      }
    }
  }
}

extension ReportModels {
  /// Snapshots in the order in which their models were asked for.
  fileprivate func inOrder(_ snapshots: [ReportSnapshot]) -> [ReportSnapshot] {
    guard case .only(let ids) = self else { return snapshots }
    var left = Dictionary(snapshots.map { ($0.modelID, $0) }) { first, _ in first }
    return ids.compactMap { left.removeValue(forKey: $0) }
  }
}
