import Competition
import Store

// How a checkpoint is paid: confirm, status. Both keep who did it, and do once what is asked for twice.

extension ReportAPI {
  var checkpointChangeRoutes: [Route] {
    let once = "A request that is sent again with the same Idempotency-Key is answered as the first time."
    return [
      .change(
        .post, "/reports/checkpoints/{id}/confirm", "Record that a checkpoint's transaction was sent.",
        body: .init(
          schema: .record(["tx_hash": .text(pattern: #"^[^\x00\uFFFD]{1,1024}$"#)], others: .anything),
          example: #"{"tx_hash": "5xT…"}"#),
        answers: .json(.named("Checkpoint"), "The checkpoint, now SUBMITTED."), details: once,
        errors: [404: "There is no such checkpoint.", 409: "It is not PENDING, or the key came with another request."],
        confirm),
      .change(
        .patch, "/reports/checkpoints/{id}/status", "Move a checkpoint one step on.",
        body: .init(
          schema: .record(["status": .choice(CheckpointStatus.allCases.map(\.rawValue))], others: .anything),
          example: #"{"status": "CLAIMABLE"}"#),
        answers: .json(.named("Checkpoint"), "The checkpoint in its new status."),
        details: "PENDING, SUBMITTED, CLAIMABLE, PAID: one step at a time and never back. " + once,
        errors: [
          404: "There is no such checkpoint.",
          409: "It is not the step that comes next, or the key came with another request.",
        ], changeStatus),
    ]
  }

  func confirm(_ request: APIRequest, body: JSONObject) async throws -> Answer {
    let known = try await checkpoint(request)
    // What was answered once is answered again before anything is looked at.
    if let hash = body["tx_hash"]?.string,
      let earlier = try await store.earlierChange(
        .confirm, of: known.id, payload: ["tx_hash": .string(hash)], by: request.action)
    {
      return try answer(earlier, orElse: Self.notPending(known))
    }
    guard known.status == CheckpointStatus.pending.rawValue else { throw Self.notPending(known) }
    let hash = try TransactionHash(body["tx_hash"])
    let change = try await store.confirmCheckpoint(id: known.id, transactionHash: hash.text, by: request.action)
    if case .made(let changed) = change {
      audit(request.action, "confirm", known.id, before: known.status, after: "\(changed.status) \(hash.text)")
    }
    // When the change was not possible, another was faster.
    return try answer(change, orElse: Self.notPending(try await checkpoint(request)))
  }

  private static func notPending(_ checkpoint: ReportCheckpoint) -> APIError {
    .conflict("Checkpoint is \(checkpoint.status), expected PENDING")
  }

  func changeStatus(_ request: APIRequest, body: JSONObject) async throws -> Answer {
    let known = try await checkpoint(request)
    let wanted = body["status"].map { $0.string ?? $0.text } ?? ""
    guard let status = CheckpointStatus(rawValue: wanted) else {
      let names = CheckpointStatus.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      throw APIError.refused("Invalid status: \(wanted.prefix(100)). Valid: [\(names)]")
    }
    if let earlier = try await store.earlierChange(
      .status, of: known.id, payload: ["status": .string(wanted)], by: request.action)
    {
      return try answer(earlier, orElse: Self.noTransition(known, to: status))
    }
    guard let current = CheckpointStatus(rawValue: known.status), current.next == status else {
      throw Self.noTransition(known, to: status)
    }
    let change = try await store.moveCheckpoint(id: known.id, from: current, to: status, by: request.action)
    if case .made(let changed) = change {
      audit(request.action, "status", known.id, before: known.status, after: changed.status)
    }
    return try answer(change, orElse: Self.noTransition(try await checkpoint(request), to: status))
  }

  private static func noTransition(_ checkpoint: ReportCheckpoint, to status: CheckpointStatus) -> APIError {
    let next = CheckpointStatus(rawValue: checkpoint.status)?.next.map { "'\($0.rawValue)'" } ?? ""
    return .conflict("Cannot transition from \(checkpoint.status) to \(status.rawValue). Allowed: [\(next)]")
  }

  private func answer(_ change: CheckpointChange, orElse conflict: APIError) throws(APIError) -> Answer {
    switch change {
    case .made(let checkpoint), .repeated(let checkpoint): return checkpoint.answer
    case .otherRequest: throw .otherRequest
    case .notPossible: throw conflict
    }
  }
}
