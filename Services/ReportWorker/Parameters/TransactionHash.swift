import Competition

/// The name of a transaction on the chain, as a client sends it.
struct TransactionHash: Sendable, Hashable {
  var text: String

  /// - Throws: `APIError` 422 for nothing, for no text, and for one that cannot be stored.
  init(_ value: JSON?) throws(APIError) {
    guard let value, !value.isEmpty else { throw .refused("tx_hash required") }
    // U+FFFD: the reader puts it where a lone surrogate stood.
    guard let text = value.string, !text.hasNUL, !text.unicodeScalars.contains("\u{FFFD}"),
      text.unicodeScalars.count <= 1_024
    else { throw .refused("tx_hash must be a text of at most 1024 characters") }
    self.text = text
  }
}

extension JSON {
  /// Null, false, zero, and whatever has nothing in it.
  fileprivate var isEmpty: Bool {
    switch self {
    case .null, .bool(false), .int(0), .double(0): true
    case .string(let text): text.isEmpty
    case .array(let values): values.isEmpty
    case .object(let object): object.isEmpty
    default: false
    }
  }
}
