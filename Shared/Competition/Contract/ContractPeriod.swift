/// From when on a contract was in force.
public struct ContractPeriod: Sendable, Hashable {
  public var start: Timestamp
  /// Its number in the store.
  public var contractID: Int64

  public init(start: Timestamp, contractID: Int64) {
    self.start = start
    self.contractID = contractID
  }
}

extension [ContractPeriod] {
  /// The contract in force at a time; before the first period the first one. nil when there is none at all.
  /// - Precondition: ascending.
  public func contractID(at time: Timestamp) -> Int64? { (last { $0.start <= time } ?? first)?.contractID }
}
