import Competition
import Logging
import ServiceKit
import Store

/// The contracts that predictions and buckets are handled by: each prediction is scored by the one that was in force when it
/// was asked for, each bucket aggregated by the one in force when it began (decision 16). Most of the time that is the one
/// that this process was started with.
actor ContractsInForce {
  /// What follows from a contract.
  struct Rules: Sendable {
    /// nil: not stored, as in tests of parts.
    var id: Int64?
    var contract: CrunchContract
    var functions: ContractFunctions
    /// Metrics and ensembles; nil when the contract asks for neither.
    var figures: BucketFigures?
    /// Of the contract, when it is stored.
    let digest: String?

    init(id: Int64?, contract: CrunchContract, functions: ContractFunctions, figures: BucketFigures?) {
      self.id = id
      self.contract = contract
      self.functions = functions
      self.figures = figures
      digest = id == nil ? nil : contract.digest
    }
  }

  /// The one that this process was started with.
  nonisolated let current: Rules
  private let store: any ScoringStore
  private let load: @Sendable (CrunchContract) async throws -> ContractFunctions
  private let logger: Logger
  private var known: [Int64: Rules] = [:]
  private var periods: [ContractPeriod] = []

  /// - Parameters:
  ///   - id: the contract's number in the store.
  ///   - load: how other contracts' functions are made.
  init(
    _ contract: CrunchContract, id: Int64? = nil, functions: ContractFunctions, store: any ScoringStore,
    logger: Logger, load: @escaping @Sendable (CrunchContract) async throws -> ContractFunctions
  ) throws {
    self.store = store
    self.load = load
    self.logger = logger
    current = Rules(
      id: id, contract: contract, functions: functions,
      figures: try BucketFigures(store: store, contract: contract, functions: functions, logger: logger))
  }

  /// The rules for predictions that were asked for under a contract. One that cannot be used any more, for instance because
  /// its scoring function is gone, is replaced by the present one, loudly.
  func rules(of id: Int64?) async throws -> Rules {
    guard let id, id != current.id else { return current }
    if let rules = known[id] { return rules }
    guard let contract = try await contract(id) else { return replaced(id, because: "it is not stored") }
    do {
      // What is the same needs no processes of its own.
      let isSame =
        contract.scoring == current.contract.scoring && contract.callables == current.contract.callables
        && contract.shapes == current.contract.shapes
        && contract.aggregation == current.contract.aggregation
        && contract.metricFunctions == current.contract.metricFunctions
        && contract.ensembles == current.contract.ensembles
      let functions = isSame ? current.functions : try await load(contract)
      let rules = Rules(
        id: id, contract: contract, functions: functions,
        figures: try BucketFigures(store: store, contract: contract, functions: functions, logger: logger))
      logger.notice(
        "an earlier contract still has work", metadata: ["contract": "\(id)", "scoring": "\(contract.scoring)"])
      known[id] = rules
      return rules
    } catch let error as any OutageError where error.isOutage {
      throw error
    } catch {
      return replaced(id, because: "\(error)")
    }
  }

  /// The rules for a bucket that starts then.
  func rules(at periodStart: Timestamp) async throws -> Rules {
    try await rules(of: periods.contractID(at: periodStart))
  }

  /// Looks which contract is in force since when.
  func look() async throws { periods = try await store.contractPeriods() }

  /// Forgets what an earlier leader may have changed since.
  func begin() async throws {
    try await look()
    for rules in [current] + Array(known.values) { await rules.figures?.begin() }
  }

  private func contract(_ id: Int64) async throws -> CrunchContract? {
    do { return try await store.contract(id) } catch let error as ContractError {
      logger.error("a stored contract cannot be read", metadata: ["contract": "\(id)", "cause": "\(error)"])
      return nil
    }
  }

  private func replaced(_ id: Int64, because reason: String) -> Rules {
    logger.error(
      "an earlier contract cannot be used; the present one takes its place",
      metadata: ["contract": "\(id)", "cause": "\(reason)"])
    known[id] = current
    return current
  }
}
