import Bus
import Competition
import ServiceKit
import Store

/// Whether the work that PostgreSQL knows is known to Redis: conservation, and nothing acknowledged before its commit.
struct WorkAudit: Sendable {
  let store: Store
  let bus: RedisBus
  let settle: Duration
  /// How long a due prediction may be without an entry: a rebuild takes up to 10 s.
  let overdueSeconds: Double

  private static let page = 5_000

  func findings() async throws -> [AuditFinding] { [try await conservation(), try await acknowledged()] }

  private func conservation() async throws -> AuditFinding {
    let promise = "a due prediction has ended, or is in the streams, or waits there for its time"
    let through = try await store.now().adding(seconds: -overdueSeconds)
    let checked = try await store.audit.duePredictions(through: through)
    var lost: [ScoreTask] = []
    var after: Timestamp?
    while true {
      let tasks = try await store.unscoredTasks(resolvableThrough: through, after: after, limit: Self.page)
      guard let missing = try await bus.missing(tasks.map { ScoreTask($0) }) else {
        return tooMuch(.conservation, promise)
      }
      lost += missing
      guard tasks.count >= Self.page, let last = tasks.last else { break }
      after = last.resolvableAt
    }
    let left = try await Settling.left(of: lost, within: settle, stillWrong: unfinishedAndMissing)
    return AuditFinding(.conservation, promise, checked: checked, violations: left.count, example: Self.name(left))
  }

  /// Rows that come in late, or that somebody reopened, have no entry until the next sweep: they settle.
  private func acknowledged() async throws -> AuditFinding {
    let promise = "an entry that was acknowledged has left nothing undone"
    guard let tasks = try await bus.acknowledgedTasks() else { return tooMuch(.acknowledgedAfterCommit, promise) }
    let left = try await Settling.left(
      of: try await unfinishedAndMissing(tasks), within: settle, stillWrong: unfinishedAndMissing)
    return AuditFinding(
      .acknowledgedAfterCommit, promise, checked: tasks.count, violations: left.count, example: Self.name(left))
  }

  /// Of these tasks those that have PENDING predictions and are nowhere in Redis.
  private func unfinishedAndMissing(_ tasks: [ScoreTask]) async throws -> [ScoreTask] {
    var unfinished: Set<TaskKey> = []
    for start in stride(from: 0, to: tasks.count, by: Self.page) {
      let keys = tasks[start..<min(start + Self.page, tasks.count)].map(TaskKey.init(of:))
      let pending = try await store.pendingPredictions(of: keys, limitPerTask: 1)
      unfinished.formUnion(pending.map { TaskKey(inputID: $0.inputID, scopeKey: $0.scopeKey) })
    }
    return try await bus.missing(tasks.filter { unfinished.contains(TaskKey(of: $0)) }) ?? []
  }

  private func tooMuch(_ invariant: Invariant, _ promise: String) -> AuditFinding {
    AuditFinding(invariant, promise, checked: 0, skipped: "so much is unfinished that it is not looked through")
  }

  private static func name(_ tasks: [ScoreTask]) -> String? { tasks.first.map { "\($0.inputID) \($0.scopeKey)" } }
}

extension TaskKey {
  init(of task: ScoreTask) { self.init(inputID: task.inputID, scopeKey: task.scopeKey) }
}
