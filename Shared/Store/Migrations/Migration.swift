import Competition
import Crypto

/// A numbered step of the schema. A step that was applied once never changes; what comes later is a new step.
public struct Migration: Sendable {
  public let version: Int
  public let name: String
  let script: String

  /// All steps in order.
  public static let all = [tables, pipeline, work]

  /// What `reset` drops: all that the steps create.
  static let dropAll = """
    DROP TABLE IF EXISTS schema_migrations, tournament_rounds, backfill_jobs, feed_gaps, feed_findings, commands,
      contract_periods, contracts, merkle_nodes, merkle_cycles, score_runs, paused_streams, dead_letters, leases,
      sweep_state, seal_state, ground_truths,
      prediction_slots, feed_ingestion_state, feed_records, leaderboards, snapshots, checkpoints, scores, predictions,
      inputs, scheduled_prediction_configs, models CASCADE;
    DROP FUNCTION IF EXISTS lower_sweep_mark(), make_backfill_job(), is_closed_candle(jsonb, timestamptz, timestamptz),
      feed_partitions(), make_feed_partitions(timestamptz[], integer), drop_feed_partitions(timestamptz),
      delete_feed_records(timestamptz, interval, integer);
    """

  /// sha256 of the script, so that a step edited after it was applied is noticed.
  public var checksum: String {
    SHA256.hash(data: Array(script.utf8)).hexadecimal
  }
}
