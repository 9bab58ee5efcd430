import Competition
import Store

// Periods and their payment: /checkpoints, and one of them with its forms.

extension Dashboard {
  private static let listed = 100

  var checkpointPages: [Route] {
    [
      page("/checkpoints", guardedAs: "/reports/checkpoints", "Checkpoints, newest first.") { _ in
        let checkpoints = try await store.checkpoints(limit: Self.listed)
        let view = CheckpointsView(
          hasCheckpoints: !checkpoints.isEmpty, checkpoints: checkpoints.map { CheckpointLine($0) })
        return Content(title: "Checkpoints", section: .checkpoints, template: .checkpoints, view: view)
      },
      page("/checkpoints/{id}", guardedAs: "/reports/checkpoints/", "One checkpoint.") { request in
        try await checkpointPage(request)
      },
      form("/checkpoints/{id}/confirm", guardedAs: "/reports/checkpoints/", "Confirms a checkpoint.") {
        request, items in
        let hash = items.last { $0.name == "tx_hash" }.map(\.value.trimmed) ?? ""
        return try await change(request) { try await api.confirm($0, body: ["tx_hash": .string(hash)]) }
      },
      form("/checkpoints/{id}/status", guardedAs: "/reports/checkpoints/", "Moves a checkpoint on.") { request, items in
        let status = items.last { $0.name == "status" }?.value ?? ""
        return try await change(request) { try await api.changeStatus($0, body: ["status": .string(status)]) }
      },
    ]
  }

  /// Makes a change as the API makes it, and shows the checkpoint with what became of that.
  private func change(_ request: APIRequest, _ make: (APIRequest) async throws -> Answer) async throws -> Answer {
    do {
      _ = try await make(request)
    } catch let error as APIError where error.status != .notFound {
      let refusal = error.detail.string ?? error.detail.array?.first?["msg"]?.string ?? "It was refused"
      var answer = answer(try await checkpointPage(request, problem: refusal), to: request)
      answer.status = error.status
      return answer
    }
    return .seeOther("/checkpoints/\(request.id.percentEncoded)")
  }

  private func checkpointPage(_ request: APIRequest, problem: String? = nil) async throws -> Content {
    let checkpoint = try await api.checkpoint(request)
    let view = CheckpointView(checkpoint, mayChange: request.visitor.mayChange, problem: problem)
    return Content(title: "Checkpoint \(view.end)", section: .checkpoints, template: .checkpoint, view: view)
  }
}

private struct CheckpointsView {
  var hasCheckpoints: Bool
  var checkpoints: [CheckpointLine]
}

private struct CheckpointLine {
  var id: String
  var path: String
  var start: String
  var end: String
  var status: String
  var tone: String
  var models: String
  var snapshots: String
  var first: String
  var transaction: String

  init(_ checkpoint: ReportCheckpoint) {
    let meta = checkpoint.meta?.parsed ?? .null
    id = checkpoint.id
    path = "/checkpoints/\(checkpoint.id.percentEncoded)"
    start = Shown.time(checkpoint.periodStart)
    end = Shown.time(checkpoint.periodEnd)
    status = checkpoint.status
    tone = CheckpointMark.tone(checkpoint.status)
    models = Shown.count(meta["model_count"]?.int.map { Int($0) })
    snapshots = Shown.count(meta["snapshot_count"]?.int.map { Int($0) })
    let winner = checkpoint.ranking.first
    first = winner?["model_name"]?.string ?? winner?["model_id"]?.string ?? Shown.nothing
    transaction = checkpoint.transactionHash ?? ""
  }
}
