import Competition
import NIOCore
import Store

/// The bytes of the newest leaderboard. Whoever asks is answered as of then: it looks whether there is another one, for all
/// who ask at the same time, and encodes that once.
actor LeaderboardCache {
  private let store: ReportStore
  private var known: (version: ReportStore.LeaderboardVersion?, body: PreparedBody)?

  init(store: ReportStore) { self.store = store }

  func body() async throws -> PreparedBody {
    let newest = try await store.leaderboardVersion()
    if let known, known.version == newest { return known.body }
    let rows = try await store.leaderboard(includesEnsembles: false, limit: Page.rows, offset: 0)
    var text = JSONText()
    text.array(rows) { $1.write(into: &$0) }
    let body = PreparedBody(ByteBuffer(bytes: text.bytes))
    known = (newest, body)
    return body
  }
}
