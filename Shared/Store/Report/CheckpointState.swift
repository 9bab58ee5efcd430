import Competition

/// A checkpoint and how far its payment is.
public struct CheckpointState: Sendable, Hashable {
  public var id: String
  public var periodStart: Timestamp
  public var periodEnd: Timestamp
  /// As it is stored, also when it is none that this build knows.
  public var status: String

  public init(id: String, periodStart: Timestamp, periodEnd: Timestamp, status: String) {
    self.id = id
    self.periodStart = periodStart
    self.periodEnd = periodEnd
    self.status = status
  }
}
