import Competition
import Store

// Periods and their payment: /reports/checkpoints, latest, confirm, status.

extension ReportAPI {
  var checkpointRoutes: [Route] {
    [
      .get("/reports/checkpoints", checkpoints),
      .get("/reports/checkpoints/latest") { _ in
        guard let newest = try await store.checkpoints(status: nil, limit: 1).first else {
          throw APIError.notFound("No checkpoints found")
        }
        return newest.answer
      },
      .post("/reports/checkpoints/{id}/confirm", confirm),
      .patch("/reports/checkpoints/{id}/status", changeStatus),
    ]
  }

  private func checkpoints(_ request: APIRequest) async throws -> Answer {
    var query = QueryReader(request.query)
    let status = query.text("status")
    let limit = query.integer("limit", default: 20, in: 1...100)
    try query.finish()
    guard status?.hasNUL != true else { return .emptyList }
    return .list(try await store.checkpoints(status: status, limit: limit)) { text, checkpoint in
      text.object { checkpoint.write(into: &$0) }
    }
  }

  /// A checkpoint by the id of the path.
  func checkpoint(_ request: APIRequest) async throws -> ReportCheckpoint {
    guard !request.id.hasNUL, let checkpoint = try await store.checkpoint(id: request.id) else {
      throw APIError.notFound("Checkpoint not found")
    }
    return checkpoint
  }

  private func confirm(_ request: APIRequest) async throws -> Answer {
    let body = try request.bodyObject()
    let known = try await checkpoint(request)
    guard known.status == CheckpointStatus.pending.rawValue else { throw Self.notPending(known) }
    let hash = try TransactionHash(body["tx_hash"])
    if let confirmed = try await store.confirmCheckpoint(id: known.id, transactionHash: hash.text) {
      return confirmed.answer
    }
    // Another was faster.
    throw Self.notPending(try await checkpoint(request))
  }

  private static func notPending(_ checkpoint: ReportCheckpoint) -> APIError {
    .conflict("Checkpoint is \(checkpoint.status), expected PENDING")
  }

  private func changeStatus(_ request: APIRequest) async throws -> Answer {
    let body = try request.bodyObject()
    let known = try await checkpoint(request)
    let wanted = body["status"].map { $0.string ?? $0.text } ?? ""
    guard let status = CheckpointStatus(rawValue: wanted) else {
      let names = CheckpointStatus.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      throw APIError.refused("Invalid status: \(wanted.prefix(100)). Valid: [\(names)]")
    }
    guard let current = CheckpointStatus(rawValue: known.status), current.next == status else {
      throw Self.noTransition(known, to: status)
    }
    if let moved = try await store.moveCheckpoint(id: known.id, from: current, to: status) { return moved.answer }
    // Another was faster.
    throw Self.noTransition(try await checkpoint(request), to: status)
  }

  private static func noTransition(_ checkpoint: ReportCheckpoint, to status: CheckpointStatus) -> APIError {
    let next = CheckpointStatus(rawValue: checkpoint.status)?.next.map { "'\($0.rawValue)'" } ?? ""
    return .conflict("Cannot transition from \(checkpoint.status) to \(status.rawValue). Allowed: [\(next)]")
  }
}

extension ReportCheckpoint {
  var answer: Answer { .object { write(into: &$0) } }

  func write(into row: inout JSONText) {
    row.member("id", .string(id))
    row.member("period_start", periodStart.json(.z))
    row.member("period_end", periodEnd.json(.z))
    row.member("status", .string(status))
    row.member("entries", stored: entries, orElse: "[]")
    row.member("meta", stored: meta)
    row.member("created_at", createdAt.json(.z))
    row.member("tx_hash", JSON(transactionHash))
    row.member("submitted_at", submittedAt.json(.z))
  }
}
