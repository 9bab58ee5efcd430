import Competition
import NIOCore
import Store

/// The bytes of the newest leaderboard, and whether there is more of it than a page. Whoever asks is answered as of then: it
/// looks whether there is another one, for all who ask at the same time, and encodes that once.
actor LeaderboardCache {
  private let store: ReportStore
  private var known: (version: ReportStore.LeaderboardVersion?, body: PreparedBody, isCut: Bool)?

  init(store: ReportStore) { self.store = store }

  func page() async throws -> (body: PreparedBody, isCut: Bool) {
    let newest = try await store.leaderboardVersion()
    if let known, known.version == newest { return (known.body, known.isCut) }
    let rows = try await store.leaderboard(includesEnsembles: false, limit: Page.rows + 1, offset: 0)
    var text = JSONText()
    text.array(rows.prefix(Page.rows)) { $1.write(into: &$0) }
    let body = PreparedBody(ByteBuffer(bytes: text.bytes))
    known = (newest, body, rows.count > Page.rows)
    return (body, rows.count > Page.rows)
  }
}
