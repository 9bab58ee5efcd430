import Competition
import Store

// Periods and their payment: /reports/checkpoints, latest.

extension ReportAPI {
  var checkpointRoutes: [Route] {
    [
      .get(
        "/reports/checkpoints", "Checkpoints, newest first.", .text("status", "Only of this status, in upper case."),
        .limit(20, in: 1...100), answers: .json(.rows("Checkpoint"), "Checkpoints, newest first.")
      ) { _, status, limit in
        .list(try await store.checkpoints(status: status, limit: limit)) { text, checkpoint in
          text.object { checkpoint.write(into: &$0) }
        }
      },
      .get(
        "/reports/checkpoints/latest", "The newest checkpoint.", answers: .json(.named("Checkpoint"), "The newest."),
        missing: "There is none yet."
      ) { _ in try await newestCheckpoint().answer },
    ]
  }

  func newestCheckpoint() async throws -> ReportCheckpoint {
    guard let newest = try await store.checkpoints(limit: 1).first else {
      throw APIError.notFound("No checkpoints found")
    }
    return newest
  }

  /// A checkpoint by the id of the path.
  func checkpoint(_ request: APIRequest) async throws -> ReportCheckpoint {
    guard !request.id.hasNUL, let checkpoint = try await store.checkpoint(id: request.id) else {
      throw APIError.notFound("Checkpoint not found")
    }
    return checkpoint
  }
}

extension ReportCheckpoint {
  var answer: Answer { .object { write(into: &$0) } }

  func write(into row: inout JSONText) {
    row.member("id", .string(id))
    row.member("period_start", periodStart.json(.z))
    row.member("period_end", periodEnd.json(.z))
    row.member("status", .string(status))
    row.member("entries", list: entries)
    row.member("meta", object: meta)
    row.member("created_at", createdAt.json(.z))
    row.member("tx_hash", JSON(transactionHash))
    row.member("submitted_at", submittedAt.json(.z))
  }
}
