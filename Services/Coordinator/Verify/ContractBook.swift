import Callables
import Competition
import Logging
import ServiceKit
import Store

/// The contracts that stored rows were made by, and their functions, which are loaded when the first row of one comes by.
actor ContractBook {
  /// What follows from a contract; a function that cannot be used any more is nil.
  struct Functions: Sendable {
    var scoring: (any ScoringFunction)?
    /// What a score has, by the contract.
    var scoreShape: CrunchContract.Shape = []
    var truth: TruthMaker?
    var aggregator: SnapshotAggregator?
    var emission: EmissionBuilder?
    var ranker: LeaderboardRanker?
    /// Of metrics and ensembles.
    var figures: FigureFunctions?
  }

  /// The one that the settings say: rows of earlier builds name none.
  nonisolated let present: CrunchContract
  /// The first whose text is not the one that its digest is of: nothing can be judged by it.
  nonisolated let difference: Difference?
  private let byNumber: [Int64: CrunchContract]
  nonisolated let byDigest: [String: CrunchContract]
  private let source: ScoringSource
  private var loaded: [CrunchContract: Functions] = [:]
  private var scoring: [CallableReference: (any ScoringFunction)?]

  /// - Parameters:
  ///   - function: the present contract's scoring function.
  ///   - source: what functions of contracts may use.
  /// - Throws: `ContractError` when a later build wrote one and this one cannot read it.
  init(
    present: CrunchContract, function: any ScoringFunction, stored: [EvidencedContract], source: ScoringSource
  ) throws {
    self.present = present
    self.source = source
    scoring = [present.scoring: function]
    difference = stored.first { $0.textDigest != $0.digest }.map {
      Difference(
        table: "contracts", row: "\($0.id)", column: "contract_text", stored: "a text with the digest \($0.textDigest)",
        recomputed: "one with the digest \($0.digest)", note: "or its digest was changed")
    }
    let whole = try stored.filter { $0.textDigest == $0.digest }.map { ($0.id, $0.digest, try $0.contract) }
    byNumber = Dictionary(whole.map { ($0.0, $0.2) }, uniquingKeysWith: { first, _ in first })
    byDigest = Dictionary(whole.map { ($0.1, $0.2) }, uniquingKeysWith: { first, _ in first })
  }

  /// The contract that a score was made by; the present one where the score names none.
  nonisolated func contract(of score: EvidencedScore) throws -> CrunchContract {
    guard let id = score.contractID else { return present }
    guard let contract = byNumber[id] else {
      throw Difference(
        table: "scores", row: score.id, column: "contract_id", stored: "\(id)",
        recomputed: "one of the \(byNumber.count) that are stored", note: "or its row in contracts was removed")
    }
    return contract
  }

  func functions(of contract: CrunchContract) async -> Functions {
    if let known = loaded[contract] { return known }
    let (logger, limits, callables) = (Terminal.silence, source.python, contract.callables)
    let functions = Functions(
      scoring: await scoring(contract), scoreShape: contract.shapes.score,
      truth: await usable("resolve_ground_truth") {
        try await TruthMaker(
          callables.groundTruth, shape: contract.shapes.groundTruth, limits: limits, logger: logger)
      },
      aggregator: await usable("aggregate_snapshot") {
        try await SnapshotAggregator(callables.aggregateSnapshot, limits: limits, logger: logger)
      },
      emission: await usable("build_emission") {
        try await EmissionBuilder(of: contract, limits: limits, logger: logger)
      },
      ranker: await usable("rank_leaderboard") {
        try await LeaderboardRanker(of: contract, limits: limits, logger: logger)
      },
      figures: await usable("metrics and ensembles") {
        try await FigureFunctions(of: contract, limits: limits, logger: logger)
      })
    loaded[contract] = functions
    return functions
  }

  private func scoring(_ contract: CrunchContract) async -> (any ScoringFunction)? {
    if let known = scoring[contract.scoring] { return known }
    let source = source.of(contract)
    let function = await usable("scoring") { try await source.load(logger: Terminal.silence) }
    scoring[contract.scoring] = .some(function)
    return function
  }

  private func usable<Function: Sendable>(_ point: String, _ load: () async throws -> Function) async -> Function? {
    do { return try await load() } catch {
      Terminal.complain("\(point) made some of this and cannot be used any more: \(error)")
      return nil
    }
  }

  /// The contract that a snapshot or checkpoint says it was made by.
  nonisolated func contract(of meta: JSONObject, table: String, row: String) throws -> CrunchContract {
    guard let digest = meta[Snapshot.contractKey]?.string else { return present }
    guard let contract = byDigest[digest] else {
      throw Difference(
        table: table, row: row, column: "meta_jsonb", stored: "the contract \(digest)",
        recomputed: "one of the \(byDigest.count) that are stored", note: "or its row in contracts was removed")
    }
    return contract
  }
}
