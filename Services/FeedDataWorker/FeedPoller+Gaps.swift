import Competition
import ServiceKit
import Store

/// What a poller of ticks keeps in PostgreSQL about what may be missing.
extension FeedPoller {
  /// For so long a gap is this worker's; then whoever leads asks for it, span by span.
  private static let ownSeconds = 60.0

  /// Notes the spans in which ticks may be missing. Comes before anything newer is stored.
  func noteGaps(_ progress: inout FeedProgress) async throws {
    for span in progress.takeGaps() {
      try await persistently("note a gap", logger: logger) {
        try await store.gaps.note(span, of: key, nextSeconds: Self.ownSeconds)
      }
    }
  }

  /// What is older than a feed begins is left to the keeper of gaps.
  func part(at start: Timestamp) async throws {
    try await persistently("part a gap", logger: logger) {
      try await store.gaps.part(at: start, of: key, nextSeconds: Self.ownSeconds)
    }
  }

  /// Notes that all that the provider has of a span is stored.
  func filled(from start: Timestamp, through end: Timestamp, foundAny: Bool) async throws {
    guard start < end else { return }
    try await persistently("note what was filled", logger: logger) {
      try await store.gaps.filled(
        key, from: start, through: end, foundAny: foundAny, nextSeconds: Self.ownSeconds)
    }
  }
}
