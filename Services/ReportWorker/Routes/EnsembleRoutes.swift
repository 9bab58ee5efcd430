import Competition
import Store

// What virtual models did: /reports/ensemble/history and /signals/ensemble.

extension ReportAPI {
  var ensembleRoutes: [Route] {
    [
      .get(
        "/reports/ensemble/history", "What ensembles' snapshots measured: the newest ones.",
        .filter("ensemble_name", "Only this ensemble."), .time("since", "Only periods that end then or later."),
        .time("until", "Only periods that start then or earlier."), .limit(100, in: 1...500),
        answers: .json(.rows("EnsembleSnapshot"), "Snapshots, ascending by the end of their period."),
        details: "`performed_at` is the end of the period, for charts."
      ) { _, ensemble, since, until, limit in
        let rows = try await store.ensembleSnapshots(ensemble: ensemble, since: since, until: until, limit: limit)
        return .list(rows) { $1.writeHistory(into: &$0) }
      },
      .get(
        "/signals/ensemble", "What each ensemble's newest snapshot measured.",
        answers: .json(.rows("Signal"), "A row for each ensemble.")
      ) { _ in
        let rows = try await store.newestSnapshots(of: .all, limit: Page.rows)
        return .list(rows.filter { EnsembleName.isVirtual($0.modelID) }) { $1.writeSignal(into: &$0) }
      },
      .get(
        "/signals/ensemble/{name}", "What an ensemble said last.",
        answers: .json(.named("EnsembleSignal"), "Its newest scored prediction."),
        missing: "The ensemble has no scored prediction.", newestSignal),
      .get(
        "/signals/ensemble/{name}/history", "What an ensemble said: the newest ones.", .limit(50, in: 1...500),
        .time("since", "Only from then on."),
        answers: .json(.rows("PastSignal"), "Scored predictions, newest first; none for an unknown ensemble.")
      ) { request, limit, since in
        guard let name = request.parameters["name"], !name.hasNUL else { return .emptyList }
        return .list(try await store.signals(of: name, since: since, limit: limit)) { text, signal in
          text.object { row in
            row.member("signal", object: signal.signal)
            row.member("performed_at", signal.performedAt.json(.z))
            row.member("scope_key", .string(signal.scopeKey))
            row.member("weights", object: signal.weights)
            row.member("input_id", .string(signal.inputID))
          }
        }
      },
    ]
  }

  private func newestSignal(_ request: APIRequest) async throws -> Answer {
    let name = request.parameters["name"] ?? ""
    guard !name.hasNUL, let signal = try await store.signals(of: name, since: nil, limit: 1).first else {
      throw APIError.notFound("No predictions found for ensemble '\(name)'")
    }
    return .object { row in
      row.member("ensemble", .string(name))
      row.member("model_id", .string(signal.modelID))
      row.member("signal", object: signal.signal)
      row.member("performed_at", signal.performedAt.json(.z))
      row.member("scope", object: signal.scope)
      row.member("scope_key", .string(signal.scopeKey))
      row.member("weights", object: signal.weights)
      row.member("input_id", .string(signal.inputID))
    }
  }
}

extension ReportSnapshot {
  /// The ensemble's name in its model's id: without underscores around it, and the first `ensemble_`.
  private var ensembleName: String {
    var name = modelID.drop { $0 == "_" }
    if let prefix = name.range(of: "ensemble_") { name.removeSubrange(prefix) }
    while name.last == "_" { name.removeLast() }
    return String(name)
  }

  fileprivate func writeHistory(into text: inout JSONText) {
    text.object { row in
      row.members(
        [
          "ensemble_name": .string(ensembleName), "model_id": .string(modelID),
          "period_start": periodStart.json(.naive), "period_end": periodEnd.json(.naive),
          "performed_at": periodEnd.json(.naive), "prediction_count": .int(predictionCount),
        ], then: resultSummary?.figures() ?? [])
    }
  }

  fileprivate func writeSignal(into text: inout JSONText) {
    text.object { row in
      row.member("name", .string(ensembleName))
      row.member("model_id", .string(modelID))
      row.member("period_end", periodEnd.json(.z))
      row.member("prediction_count", .int(predictionCount))
      row.key("metrics")
      row.object { metrics in
        for (name, value) in resultSummary?.figures() ?? [] { metrics.member(name, stored: value) }
      }
    }
  }
}
