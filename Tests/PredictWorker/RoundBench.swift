import Callables
import Competition
import Logging
import Models
import ServiceKit
import Store
import TestKit
import Testing

@testable import PredictWorker

/// A database, models, and the parts of a predict worker that ask them.
struct RoundBench: Sendable {
  private static let action = AdminAction(actor: "me")
  static let contract: CrunchContract = {
    var contract = CrunchContract.default
    contract.call.arguments = [
      .init(name: "features", type: .json), .init(name: "round_id", type: .string),
      .init(name: "feature_index", type: .int),
    ]
    return contract
  }()
  let store: Store
  let cluster: ModelCluster
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  static func with(
    _ models: [String: String], _ body: @Sendable (RoundBench, LocalOrchestrator) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      try await LocalOrchestrator.with(models) { orchestrator in
        let cluster = ModelCluster(
          ModelClusterConfiguration(
            host: "127.0.0.1", port: orchestrator.port, crunchID: "test", baseClassname: "tracker.TrackerBase",
            updateMethod: "tick", timeout: .seconds(30)),
          logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let following = Task { await cluster.run() }
        defer { following.cancel() }
        try await waitUntil("models join") { await cluster.models().count == models.count }
        try await body(RoundBench(store: database.store, cluster: cluster), orchestrator)
      }
    }
  }

  /// A worker that leads works on rounds as long as `body` runs.
  func working(
    _ name: String = "w", validator: OutputValidator = OutputValidator(), _ body: () async throws -> Void
  ) async throws {
    let duty = Duty(
      "predict-leader", holder: name, store: store,
      activity: Activity(name: name, service: "predict-worker", startedAt: .now()), logger: logger)
    let desk = RoundDesk(
      store: store, cluster: cluster,
      asker: RoundAsker(
        store: store, cluster: cluster, contract: Self.contract,
        records: PredictionRecord(contract: Self.contract, hasManySubjects: false), validator: validator,
        logger: logger), contract: Self.contract, contractID: nil, duty: duty, workerName: name, logger: logger)
    let leading = Task { try await duty.run() }
    let asking = Task { try await desk.run() }
    do { try await body() } catch {
      asking.cancel()
      leading.cancel()
      throw error
    }
    asking.cancel()
    leading.cancel()
    _ = await (asking.result, leading.result)
    try await store.leases.release(name: "predict-leader", holder: name)
  }

  @discardableResult
  func ask(_ kind: CommandStore.Kind, _ payload: JSONObject, round: String = "r") async throws -> String {
    guard
      case .command(let command) = try await store.commands.requestOnce(
        kind, target: round, payload: payload, by: Self.action)
    else { throw NeverHappened(what: "a command") }
    return command.id
  }

  func settled(_ id: String) async throws -> CommandStore.Command {
    try await waitUntil("the command is done") { try await store.commands.command(id: id)?.isOpen == false }
    return try #require(try await store.commands.command(id: id))
  }

  /// Status, answer and reason of each prediction, by row and model.
  func predictions() async throws -> [String: (status: String, value: Double?, reason: String?)] {
    var found: [String: (status: String, value: Double?, reason: String?)] = [:]
    for row in try await store.pool.query(
      """
      SELECT scope_key || ' ' || model_id, status, (inference_output_jsonb ->> 'value')::float8, failed_reason,
        resolvable_at IS NULL
      FROM predictions
      """)
    {
      found[try row.text(0)] = (try row.text(1), try row.doubleIfPresent(2), row.textIfPresent(3))
      #expect(try row.bool(4), "nobody knows when it is due")
    }
    return found
  }
}

extension CommandStore.Command {
  func expect(done: Bool) { #expect((state == "done") == done, "\(result)") }
}
