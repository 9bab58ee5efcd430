import Competition

/// An entry of a stream that could not be handled.
public struct DeadLetter: Sendable, Hashable {
  public var id: Int64
  public var stream: String
  public var entryID: String
  /// What failed: see `FailureKind`.
  public var kind: String
  public var cause: String
  /// The entry's fields.
  public var payload: JSONObject
  public var deliveries: Int
  /// Who met it last.
  public var worker: String
  public var createdAt: Timestamp
  public var resolvedAt: Timestamp?
  /// `replayed` or `discarded`.
  public var resolution: String?

  /// What predictions say that ended with this letter.
  public static func reason(cause: String, deliveries: Int) -> String {
    "given up after \(deliveries) deliveries: \(cause)"
  }
}

/// A dead letter before it is stored.
public struct NewDeadLetter: Sendable, Hashable {
  public var stream: String
  public var entryID: String
  public var kind: String
  public var cause: String
  public var payload: JSONObject
  public var deliveries: Int
  public var worker: String

  /// Longest field of the payload that is kept, in characters.
  static let longestField = 4_000

  /// - Parameter fields: the entry's; what PostgreSQL does not take is replaced, and what is very long is cut.
  public init(
    stream: String, entryID: String, kind: String, cause: String, fields: [(name: String, value: String)],
    deliveries: Int, worker: String
  ) {
    self.stream = stream
    self.entryID = entryID
    self.kind = kind
    self.cause = Self.storable(cause)
    // A name that comes twice keeps its first value, as readers of entries do.
    var names: Set<String> = []
    payload = JSONObject(
      fields.prefix(100).map { (Self.storable($0.name), JSON.string(Self.storable($0.value))) }
        .filter { names.insert($0.0).inserted })
    self.deliveries = deliveries
    self.worker = worker
  }

  /// NUL has no place in a text of PostgreSQL.
  private static func storable(_ text: String) -> String {
    let cut = text.utf8.count > longestField ? text.prefix(longestField) + " … (\(text.utf8.count) bytes)" : text[...]
    return String(cut.replacing("\0", with: "\u{FFFD}"))
  }
}
