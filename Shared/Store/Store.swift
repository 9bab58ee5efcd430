import Competition
import Postgres

/// What a statement can fail with.
public typealias StoreError = PostgresError

/// The durable store: PostgreSQL, the truth. All SQL of the project is in this module, a file per group of tables.
public struct Store: Sendable {
  public let pool: PostgresPool

  public init(_ configuration: PostgresConfiguration, connections: Int = 4) {
    pool = PostgresPool(configuration, size: connections)
  }

  public init(pool: PostgresPool) { self.pool = pool }

  public var migrator: Migrator { Migrator(pool: pool) }
  public var feeds: FeedStore { FeedStore(pool: pool) }
  public var configs: ConfigStore { ConfigStore(pool: pool) }
  public var models: ModelStore { ModelStore(pool: pool) }
  public var slots: SlotStore { SlotStore(pool: pool) }
  public var inputs: InputStore { InputStore(pool: pool) }
  public var predictions: PredictionStore { PredictionStore(pool: pool) }
  public var rounds: RoundStore { RoundStore(pool: pool) }
  public var truths: TruthStore { TruthStore(pool: pool) }
  public var scores: ScoreStore { ScoreStore(pool: pool) }
  public var seals: SealStore { SealStore(pool: pool) }
  public var snapshots: SnapshotStore { SnapshotStore(pool: pool) }
  public var leaderboards: LeaderboardStore { LeaderboardStore(pool: pool) }
  public var checkpoints: CheckpointStore { CheckpointStore(pool: pool) }
  public var evidence: EvidenceStore { EvidenceStore(pool: pool) }
  public var contracts: ContractStore { ContractStore(pool: pool) }
  public var leases: LeaseStore { LeaseStore(pool: pool) }
  public var sweep: SweepStore { SweepStore(pool: pool) }
  public var deadLetters: DeadLetterStore { DeadLetterStore(pool: pool) }
  public var pauses: PauseStore { PauseStore(pool: pool) }

  /// The time up to which all that follows from the feeds may be settled: PostgreSQL's clock, and where a recorded feed is
  /// played as fast as its listeners can, the time that it has come to.
  public func feedTime() async throws -> Timestamp {
    try await pool.query(
      """
      SELECT least(clock_timestamp(), (
        SELECT min(last_event_ts) FROM feed_ingestion_state WHERE meta_jsonb -> 'provider' -> 'tape' = 'true'))
      """)[0].timestamp(0)
  }

  /// PostgreSQL's clock, the one that decides.
  public func now() async throws -> Timestamp {
    try await pool.query("SELECT clock_timestamp()")[0].timestamp(0)
  }
}
