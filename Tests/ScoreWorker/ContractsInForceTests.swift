import Competition
import Store
import TestKit
import Testing

@testable import ScoreWorker

@Suite("Contracts that change while a competition runs", .timeLimit(.minutes(3)))
struct ContractsInForceTests {
  private static func scoring(by reference: CallableReference) -> CrunchContract {
    var contract = CrunchContract.default
    contract.scoring = reference
    return contract
  }

  /// The value that `a` gets for 0.5 on a rise by a tenth: 0.05 by direction, −0.16 by squared error.
  private func value(_ bench: ScoreBench, under earlier: CrunchContract) async throws -> (value: Double?, id: Int64?) {
    try await bench.price(100, at: 0)
    try await bench.price(110, at: 1)
    let id = try await bench.store.contracts.register(earlier)
    let task = try await bench.addTask(answers: ["a": 0.5])
    try await bench.store.pool.query("UPDATE predictions SET contract_id = $1", [.int(id)])
    let present = CrunchContract.default
    var scorer = bench.scorer()
    scorer = TaskScorer(
      store: scorer.store, bus: bench.bus, truths: scorer.truths,
      contracts: bench.contracts(present, id: try await bench.store.contracts.register(present)), concurrency: 1,
      bucketSeconds: 60, workerName: "test", patience: scorer.patience, logger: bench.logger)
    _ = try await scorer.handle([task])
    let row = try await bench.store.pool.query("SELECT (result_jsonb ->> 'value')::float8, contract_id FROM scores")[0]
    return (try row.doubleIfPresent(0), try row.intIfPresent(1).map { $0 == id ? 1 : 2 })
  }

  @Test("a prediction is scored by the contract that was in force when it was asked for, and its score says so")
  func earlier() async throws {
    try await ScoreBench.with { bench in
      let scored = try await value(bench, under: Self.scoring(by: .builtin(.squaredError)))
      #expect(abs((scored.value ?? 0) + 0.16) < 1e-12 && scored.id == 1)
    }
  }

  @Test("where the earlier function cannot be used any more the present one takes its place, and the score says so")
  func gone() async throws {
    try await ScoreBench.with { bench in
      let scored = try await value(bench, under: Self.scoring(by: .python(module: "gone", callable: "score")))
      #expect(abs((scored.value ?? 0) - 0.05) < 1e-12 && scored.id == 2)
    }
  }

  @Test("each bucket is aggregated by the contract that was in force when it began")
  func buckets() async throws {
    try await ScoreBench.with { bench in
      for minute in 0...8 { try await bench.price(100 + Double((minute * minute) % 5), at: minute) }
      for minute in 0..<6 {
        let task = try await bench.addTask(
          "I\(minute)", at: bench.minute(minute), answers: ["a": Double(minute % 3) - 1, "b": 0.5])
        _ = try await bench.scorer().handle([task])
      }
      let contracts = [CrunchContract(metrics: ["hit_rate"]), CrunchContract(metrics: ["ic"]), CrunchContract()]
      var ids: [Int64] = []
      for contract in contracts { ids.append(try await bench.store.contracts.register(contract)) }
      #expect(Set(ids).count == 3)
      #expect(try await bench.store.contracts.register(contracts[1]) == ids[1])
      for (minute, id) in [(0, ids[0]), (3, ids[1]), (5, ids[2])] {
        try await bench.store.pool.query(
          "INSERT INTO contract_periods (in_force_from, contract_id) VALUES ($1, $2)",
          [.time(bench.minute(minute).microseconds), .int(id)])
      }
      let keeper = BucketKeeper(
        store: bench.store, bucketSeconds: 60, contracts: bench.contracts(contracts[2], id: ids[2]),
        logger: bench.logger)
      try await keeper.begin()
      let sealed = try await keeper.sealDue()
      let keys = sealed.map { bucket in
        bucket.snapshots.contains { $0.resultSummary["hit_rate"] != nil }
          ? "hit_rate" : bucket.snapshots.contains { $0.resultSummary["ic"] != nil } ? "ic" : "none"
      }
      // Buckets of minutes 1 to 6.
      #expect(keys == ["hit_rate", "hit_rate", "ic", "ic", "none", "none"])
      #expect(
        sealed.map { $0.snapshots[0].meta["contract"]?.string } == [0, 0, 1, 1, 2, 2].map { contracts[$0].digest })
    }
  }

  @Test("a contract comes in force once, and stays so until another does")
  func enforced() async throws {
    try await TestDatabase.with { database in
      let store = database.store.contracts
      let one = try await store.register(CrunchContract())
      let two = try await store.register(CrunchContract(metrics: ["ic"]))
      for id in [one, one, two, two, one] { try await store.enforce(id) }
      #expect(try await store.periods().map(\.contractID) == [one, two, one])
      #expect(try await store.contract(two)?.metrics == ["ic"])
      let periods = [
        ContractPeriod(start: Timestamp(seconds: 10), contractID: 1),
        ContractPeriod(start: Timestamp(seconds: 20), contractID: 2),
      ]
      #expect([5, 10, 19, 20].map { periods.contractID(at: Timestamp(seconds: $0)) } == [1, 1, 1, 2])
    }
  }
}
