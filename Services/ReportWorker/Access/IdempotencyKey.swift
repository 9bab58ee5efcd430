import HTTPTypes

/// The header by which a client says that two requests are the same one.
enum IdempotencyKey {
  private static let longest = 200

  /// - Returns: nil when the request has none.
  /// - Throws: `APIError` 422 for one that cannot be kept.
  static func read(_ headers: HTTPFields) throws(APIError) -> String? {
    guard let key = headers.first(named: "idempotency-key") else { return nil }
    guard !key.isEmpty, key.utf8.count <= longest, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .refused("Idempotency-Key must be 1 to \(longest) printable characters without blanks")
    }
    return key
  }
}
