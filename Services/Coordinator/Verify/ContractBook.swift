import Callables
import Competition
import Store

/// The contracts that stored rows were made by, and their scoring functions, which are loaded when the first score of one
/// comes by.
actor ContractBook {
  /// The one that the settings say: rows of earlier builds name none.
  nonisolated let present: CrunchContract
  private let byNumber: [Int64: CrunchContract]
  nonisolated let byDigest: [String: CrunchContract]
  private let load: @Sendable (CrunchContract) async throws -> any ScoringFunction
  private var functions: [CallableReference: (any ScoringFunction)?]

  /// - Parameters:
  ///   - function: of the present contract.
  ///   - load: how others' functions are made.
  init(
    present: CrunchContract, function: any ScoringFunction,
    stored: [(id: Int64, digest: String, contract: CrunchContract)],
    load: @escaping @Sendable (CrunchContract) async throws -> any ScoringFunction
  ) {
    self.present = present
    self.load = load
    functions = [present.scoring: function]
    byNumber = Dictionary(stored.map { ($0.id, $0.contract) }, uniquingKeysWith: { first, _ in first })
    byDigest = Dictionary(stored.map { ($0.digest, $0.contract) }, uniquingKeysWith: { first, _ in first })
  }

  /// What scored under a contract; nil when that cannot be used any more.
  func function(of id: Int64?) async -> (any ScoringFunction)? {
    let contract = id.flatMap { byNumber[$0] } ?? present
    if let known = functions[contract.scoring] { return known }
    let function: (any ScoringFunction)?
    do { function = try await load(contract) } catch {
      Terminal.complain("\(contract.scoring) scored some of this and cannot be used any more: \(error)")
      function = nil
    }
    functions[contract.scoring] = .some(function)
    return function
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
