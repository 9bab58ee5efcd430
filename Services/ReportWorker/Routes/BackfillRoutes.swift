import Competition
import Store

// Histories that are fetched on request: /reports/backfill and its jobs.

extension ReportAPI {
  private static let jobs = 100

  var backfillRoutes: [Route] {
    [
      .change(
        .post, "/reports/backfill", "Ask for a piece of history.",
        body: .init(
          schema: .record(
            [
              "source": .storableInBody, "subject": .storableInBody, "kind": .storableInBody,
              "granularity": .storableInBody,
              "start": .sentMomentText, "end": .sentMomentText,
            ], others: .anything),
          example: #"{"source": "binance", "subject": "BTCUSDT", "kind": "candle", "granularity": "1m", "#
            + #""start": "2026-02-01T00:00:00Z", "end": "2026-02-02T00:00:00Z"}"#),
        answers: .json(.named("BackfillJob"), "The job; it is worked on from now on.", status: .created),
        details: "One at a time. Known sources: \(configuration.feedSources.joined(separator: ", ")). "
          + "A job for another one fails, as one whose names can be no folders. "
          + "It becomes Parquet files, or with `destination` `records` (else `parquet`) rows of `feed_records`. "
          + "A request that is sent again with the same Idempotency-Key is answered with the job of the first.",
        errors: [409: "Another job is not done yet, or the key came with another request."], requestBackfill),
      .get(
        "/reports/backfill/jobs", "The newest jobs.", .text("status", "Only of this status, in lower case."),
        answers: .json(.rows("BackfillJob"), "Jobs, newest first, at most \(Self.jobs).")
      ) { _, status in
        .list(try await store.backfillJobs(status: status, limit: Self.jobs)) { text, job in
          text.object { job.write(into: &$0) }
        }
      },
      .get(
        "/reports/backfill/jobs/{id}", "One job, and how far it has come.",
        answers: .json(.named("BackfillProgress"), "The job with `progress_pct`."), missing: "There is no such job."
      ) { request in
        guard !request.id.hasNUL, let job = try await store.backfillJob(id: request.id) else {
          throw APIError.notFound("Backfill job not found")
        }
        return .object { row in
          job.write(into: &row)
          row.member("progress_pct", .double(job.progress))
        }
      }, cancellation,
    ]
  }

  private var cancellation: Route {
    var route = Route.change(
      .post, "/reports/backfill/jobs/{id}/cancel", "Have a job ended before its end.",
      body: .init(schema: .record([:], others: .anything), example: "{}"),
      answers: .json(.named("Command"), "It was done, or was refused: `state` says which."),
      details: "The feed worker does it before its next page: the job is `cancelled`, and what is fetched stays.",
      errors: [404: "There is no such job.", 409: "It is done already."]
    ) { request, _ in
      guard !request.id.hasNUL, let job = try await store.backfillJob(id: request.id) else {
        throw APIError.notFound("Backfill job not found")
      }
      guard job.isOpen else { throw APIError.conflict("Backfill job \(job.id) is already \(job.status)") }
      let command = try await store.commands.request(.cancelBackfill, target: job.id, by: request.action)
      if command.isNew {
        audit(
          request.action, "backfill.cancel", job.id, before: job.status,
          after: CommandStore.Kind.cancelBackfill.wanted)
      }
      return try await settled(command).answer
    }
    route.operation.accepted = .accepted
    return route
  }

  private func requestBackfill(_ request: APIRequest, body: JSONObject) async throws -> Answer {
    var reader = BodyReader(body)
    let wanted = BackfillRequest(
      source: reader.text("source"), subject: reader.text("subject"), kind: reader.text("kind"),
      granularity: reader.text("granularity"), start: reader.timestamp("start"), end: reader.timestamp("end"),
      destination: BackfillDestination(
        rawValue: reader.choice("destination", of: BackfillDestination.allCases.map(\.rawValue))) ?? .parquet)
    try reader.finish()
    switch try await store.requestBackfill(wanted, by: request.action) {
    case .made(let job):
      audit(request.action, "backfill", job.id, before: "none", after: job.status)
      return .object(status: .created) { job.write(into: &$0) }
    case .repeated(let job): return .object(status: .created) { job.write(into: &$0) }
    case .otherRequest: throw APIError.otherRequest
    case .busy(let job): throw APIError.conflict("Backfill job \(job.id) is already \(job.status)")
    }
  }
}

extension BackfillJob {
  fileprivate func write(into row: inout JSONText) {
    row.member("id", .string(id))
    row.member("source", .string(source))
    row.member("subject", .string(subject))
    row.member("kind", .string(kind))
    row.member("granularity", .string(granularity))
    row.member("start_ts", start.json(.z))
    row.member("end_ts", end.json(.z))
    row.member("cursor_ts", cursor.json(.z))
    row.member("records_written", .int(recordsWritten))
    row.member("pages_fetched", .int(pagesFetched))
    row.member("status", .string(status))
    row.member("error", JSON(error))
    row.member("created_at", createdAt.json(.z))
    row.member("updated_at", updatedAt.json(.z))
    row.member("destination", .string(destination.rawValue))
  }
}

extension Schema {
  /// A moment in a body: as in a query, but always a text.
  fileprivate static let sentMomentText = Schema.either([.text(format: "date-time"), .text(format: "date")])
}
