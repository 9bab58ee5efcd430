import Competition
import Postgres

/// What providers keep about their feeds.
extension FeedStore {
  /// What a provider keeps about a feed between two starts, such as the anchor of a replay.
  public func providerState(of key: FeedKey) async throws -> JSONObject {
    try await pool.query(
      """
      SELECT coalesce(meta_jsonb -> 'provider', '{}') FROM feed_ingestion_state
      WHERE source = $1 AND subject = $2 AND kind = $3 AND granularity = $4
      """, Self.parameters(key)
    ).first?.object(0) ?? [:]
  }

  public func setProviderState(_ state: JSONObject, of key: FeedKey) async throws {
    try await setProviderStates([key: state])
  }

  /// Of several feeds, in one transaction.
  /// - Parameter claim: stores only while this lease is held.
  /// - Returns: whether it was.
  @discardableResult
  public func setProviderStates(_ states: [FeedKey: JSONObject], claim: LeaseClaim? = nil) async throws -> Bool {
    let changes = try states.sorted { RecordIDs.watermark($0.key) < RecordIDs.watermark($1.key) }.map { key, state in
      PostgresQuery(
        """
        INSERT INTO feed_ingestion_state AS state (id, source, subject, kind, granularity, meta_jsonb)
        VALUES ($5, $1, $2, $3, $4, jsonb_build_object('provider', $6::jsonb))
        ON CONFLICT (source, subject, kind, granularity) DO UPDATE
        SET meta_jsonb = coalesce(state.meta_jsonb, '{}') || excluded.meta_jsonb, updated_at = now()
        """, Self.parameters(key) + [.text(RecordIDs.watermark(key)), try .json(state)])
    }
    let queries = [Self.lock(Set(states.keys))] + changes
    guard let claim else {
      try await pool.pipeline(queries)
      return true
    }
    return try await pool.transaction { connection in
      guard try SealStore.holds(claim, connection) else { return false }
      try connection.pipeline(queries)
      return true
    }
  }
}
