import Competition
import NIOCore
import Store

/// The bytes of the newest leaderboard. It looks twice a second whether there is a newer one, and encodes that once.
actor LeaderboardCache {
  private let store: ReportStore
  private let now: @Sendable () -> Timestamp
  private var version: ReportStore.LeaderboardVersion?
  private var body: ByteBuffer?
  private var checkedAt: Timestamp?
  private var refresh: Task<ByteBuffer, any Error>?

  /// Seconds that an answer is given without looking.
  static let freshness = 0.5

  init(store: ReportStore, now: @escaping @Sendable () -> Timestamp) {
    self.store = store
    self.now = now
  }

  /// The answer without parameters.
  func prepared() async throws -> ByteBuffer {
    if let body, let checkedAt, (0..<Self.freshness).contains(now().seconds(since: checkedAt)) { return body }
    if let refresh { return try await refresh.value }
    let running = Task { try await renew() }
    refresh = running
    defer { refresh = nil }
    return try await running.value
  }

  private func renew() async throws -> ByteBuffer {
    let started = now()
    let newest = try await store.leaderboardVersion()
    if let body, newest == version {
      checkedAt = started
      return body
    }
    let leaderboard = try await store.leaderboard()
    let rows = leaderboard.map { LeaderboardRows($0, includesEnsembles: false) }
    var text = JSONText()
    text.array((rows?.entries ?? []).prefix(Page.rows)) { rows?.write($1, into: &$0) }
    let encoded = ByteBuffer(bytes: text.bytes)
    version = leaderboard.map { .init(id: $0.id, createdAt: $0.createdAt) }
    body = encoded
    checkedAt = started
    return encoded
  }
}
