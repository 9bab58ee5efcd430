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
    let changes = try Dictionary(grouping: states.keys, by: \.family).map { family, keys in
      PostgresQuery(
        """
        INSERT INTO feed_ingestion_state AS state (id, source, subject, kind, granularity, meta_jsonb)
        SELECT f.id, $1, f.subject, $2, $3, jsonb_build_object('provider', f.state)
        FROM unnest($4::text[], $5::text[], $6::jsonb[]) AS f (id, subject, state)
        ON CONFLICT (source, subject, kind, granularity) DO UPDATE
        SET meta_jsonb = coalesce(state.meta_jsonb, '{}') || excluded.meta_jsonb, updated_at = now()
        """,
        family.parameters + [
          .texts(keys.map { RecordIDs.watermark($0) }), .texts(keys.map(\.subject)),
          try .jsons(keys.map { states[$0] }),
        ])
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
