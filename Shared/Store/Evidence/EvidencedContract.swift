import Competition

/// A contract as it is stored.
public struct EvidencedContract: Sendable, Hashable {
  public var id: Int64
  /// As snapshots and checkpoints name it.
  public var digest: String
  public var text: String
  /// The digest that the text has.
  public var textDigest: String

  /// - Throws: `ContractError` when a later build wrote it and this one cannot read it.
  public var contract: CrunchContract {
    get throws { try ContractFile.contract(stored: text) }
  }
}
