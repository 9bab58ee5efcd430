import Competition

/// An entry of a stream that could not be handled.
public struct DeadLetter: Sendable, Hashable {
  public var id: Int64
  public var stream: String
  public var entryID: String
  /// What failed, as `decoding` or `scoring`.
  public var kind: String
  public var cause: String
  /// The entry's fields.
  public var payload: JSONObject
  public var deliveries: Int
  /// Who met it last.
  public var worker: String
  public var createdAt: Timestamp
}
