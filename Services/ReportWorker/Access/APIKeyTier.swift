/// What a key opens.
enum APIKeyTier: String, Sendable, CaseIterable {
  /// Reading, where that needs a key.
  case read
  /// Everything.
  case admin
}
