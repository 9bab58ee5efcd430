import Competition
import Postgres

/// Tables `contracts` and `contract_periods`: every contract that was ever in force, by its digest, and since when.
public struct ContractStore: Sendable {
  let pool: PostgresPool

  /// The number of a contract; one that is new is stored.
  public func register(_ contract: CrunchContract) async throws -> Int64 {
    let digest = contract.digest
    try await pool.query(
      "INSERT INTO contracts (digest, contract_text) VALUES ($1, $2) ON CONFLICT DO NOTHING",
      [.text(digest), .text(contract.json.text)])
    return try await pool.query("SELECT id FROM contracts WHERE digest = $1", [.text(digest)])[0].int(0)
  }

  /// Notes that a contract is in force from now on, unless it is already.
  public func enforce(_ id: Int64) async throws {
    try await pool.query(
      """
      INSERT INTO contract_periods (in_force_from, contract_id)
      SELECT clock_timestamp(), $1
      WHERE $1 IS DISTINCT FROM (SELECT contract_id FROM contract_periods ORDER BY in_force_from DESC LIMIT 1)
      ON CONFLICT DO NOTHING
      """, [.int(id)])
  }

  /// Which contract was in force from when on, ascending.
  public func periods() async throws -> [ContractPeriod] {
    try await pool.query("SELECT in_force_from, contract_id FROM contract_periods ORDER BY in_force_from").map {
      ContractPeriod(start: try $0.timestamp(0), contractID: try $0.int(1))
    }
  }

  /// - Throws: `ContractError` when a later build wrote it and this one cannot read it.
  public func contract(_ id: Int64) async throws -> CrunchContract? {
    let row = try await pool.query("SELECT contract_text FROM contracts WHERE id = $1", [.int(id)]).first
    return try row.map { try ContractFile.contract(stored: $0.text(0)) }
  }

  /// Digests by number.
  public func digests() async throws -> [Int64: String] {
    Dictionary(
      try await pool.query("SELECT id, digest FROM contracts").map { (try $0.int(0), try $0.text(1)) },
      uniquingKeysWith: { first, _ in first })
  }
}
