/// A lease that a write rests on: the write has no effect unless the lease is the holder's at that moment, by PostgreSQL's
/// clock, and nobody takes the lease before the write is committed. So a leader that was frozen in mid-turn and wakes up
/// when another leads changes nothing.
public struct LeaseClaim: Sendable, Hashable {
  public var name: String
  public var holder: String

  public init(name: String, holder: String) {
    self.name = name
    self.holder = holder
  }
}
