/// Where a checkpoint's payment is. It moves one step at a time and never back.
public enum CheckpointStatus: String, Sendable, CaseIterable {
  case pending = "PENDING"
  /// The transaction is on its way to the chain.
  case submitted = "SUBMITTED"
  case claimable = "CLAIMABLE"
  case paid = "PAID"

  /// The one status that may follow; nil after PAID.
  public var next: CheckpointStatus? {
    switch self {
    case .pending: .submitted
    case .submitted: .claimable
    case .claimable: .paid
    case .paid: nil
    }
  }
}

/// The ranking of a period and the rewards that follow from it.
public struct Checkpoint: Sendable, Hashable {
  public var id: String
  public var periodStart: Timestamp
  public var periodEnd: Timestamp
  public var status: CheckpointStatus
  /// One emission: shares in frac64 (1,000,000,000 = 100 %).
  public var entries: [JSON]
  /// `{snapshot_count, model_count, ranking}`; an emission's `cruncher_index` indexes the ranking.
  public var meta: JSONObject
  public var createdAt: Timestamp
  public var transactionHash: String?
  public var submittedAt: Timestamp?
  /// Over the chained roots of the period's cycles; nil without one.
  public var merkleRoot: String?

  public init(
    id: String, periodStart: Timestamp, periodEnd: Timestamp, status: CheckpointStatus, entries: [JSON],
    meta: JSONObject, createdAt: Timestamp, transactionHash: String? = nil, submittedAt: Timestamp? = nil,
    merkleRoot: String? = nil
  ) {
    self.id = id
    self.periodStart = periodStart
    self.periodEnd = periodEnd
    self.status = status
    self.entries = entries
    self.meta = meta
    self.createdAt = createdAt
    self.transactionHash = transactionHash
    self.submittedAt = submittedAt
    self.merkleRoot = merkleRoot
  }
}
