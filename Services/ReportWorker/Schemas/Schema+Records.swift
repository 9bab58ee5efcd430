import Competition

// Feeds, checkpoints, evidence and histories.

extension Schema {
  static let feed = Schema.record([
    "source": .string, "subject": .string, "kind": .string, "granularity": .string, "record_count": .count,
    "oldest_ts": .moment, "newest_ts": .moment, "watermark_ts": .optional(.moment),
    "watermark_updated_at": .optional(.moment),
  ])

  static let feedRecord = Schema.record([
    "source": .string, "subject": .string, "kind": .string, "granularity": .string, "ts_event": .moment,
    "ts_ingested": .moment, "values": object, "meta": object,
  ])

  static let checkpoint = Schema.record([
    "id": .string, "period_start": .moment, "period_end": .moment, "status": .string, "entries": .list(.anything),
    "meta": object, "created_at": .moment, "tx_hash": .optional(.string), "submitted_at": .optional(.moment),
  ])

  /// As it is stored: `crunch`, `cruncher_rewards`, `compute_provider_rewards` and `data_provider_rewards`.
  static let emission = object

  static let reward = Schema.record(
    [
      "checkpoint_id": .string, "period_start": .moment, "period_end": .moment, "model_id": .string,
      "model_name": .anything, "rank": .anything, "reward_pct": .optional(.number()), "prediction_count": .anything,
    ], others: .optional(figure))

  static let merkleCycle = Schema.record([
    "id": .string, "previous_cycle_id": .optional(.string), "previous_cycle_root": .optional(.string),
    "snapshots_root": .string, "chained_root": .string, "snapshot_count": .integer(), "created_at": .moment,
  ])

  private static let path = Schema.list(.record(["hash": .string, "position": .choice(["left", "right"])]))

  static let merkleProof = Schema.record([
    "snapshot_id": .string, "snapshot_content_hash": .string, "cycle_id": .string, "cycle_root": .optional(.string),
    "checkpoint_id": .optional(.string), "merkle_root": .optional(.string), "path": path, "canonical_json": .string,
    "snapshots_root": .string, "previous_cycle_root": .optional(.string), "checkpoint_path": .optional(path),
  ])

  static let backfillJob: KeyValuePairs<String, Schema> = [
    "id": .string, "source": .string, "subject": .string, "kind": .string, "granularity": .string,
    "start_ts": .moment, "end_ts": .moment, "cursor_ts": .optional(.moment), "records_written": .integer(),
    "pages_fetched": .integer(), "status": .string, "error": .optional(.string), "created_at": .moment,
    "updated_at": .moment, "destination": .choice(["parquet", "records"]),
  ]

  static let deadLetter = Schema.record([
    "id": .integer(), "stream": .string, "entry_id": .string, "kind": .string, "cause": .string, "payload": object,
    "deliveries": .integer(), "worker": .string, "created_at": .moment, "resolved_at": .optional(.moment),
    "resolution": .optional(.string),
  ])

  /// What somebody asked for, and what became of it.
  static let command = Schema.record([
    "id": .string, "kind": .string, "target": .string, "state": .string, "result": object, "created_at": .moment,
  ])

  static let round = Schema.record([
    "round_id": .string, "state": .choice(TournamentRound.State.allCases.map(\.rawValue)), "opened_by": .string,
    "opened_at": .moment, "answer_seconds": .number(), "truth_seconds": .number(), "feature_count": .count,
    "model_count": .count, "input_id": .optional(.string), "asked_at": .optional(.moment),
    "deadline_at": .optional(.moment), "answered_at": .optional(.moment), "truth_until": .optional(.moment),
    "truth_at": .optional(.moment), "scored_at": .optional(.moment), "closed_at": .optional(.moment),
    "closed_reason": .optional(.string),
  ])

  static let roundScores = Schema.record([
    "round_id": .string, "scores_count": .count,
    "results": .list(
      .record(["prediction_id": .string, "score": .number(), "success": .boolean, "result": object])),
  ])

  static let roundStatus = Schema.record([
    "round_id": .string, "status": .choice(["not_found", "inference_complete", "partial", "scored"]), "total": .count,
    "by_status": .map(.count),
  ])

  static let dataFile = Schema.record([
    "path": .string, "records": .count, "record_count": .count, "size_bytes": .count, "date": .string,
    "filename": .string, "source": .optional(.string), "subject": .optional(.string), "kind": .optional(.string),
    "granularity": .optional(.string),
  ])

  static let timing = Schema.record([
    "enabled": .boolean, "buffer_size": .count, "total_records": .count,
    "stage_latencies": .list(
      .record([
        "name": .string, "step": .either([.integer(), .choice(["total"])]), "pct_of_total": .optional(.number()),
        "count": .count, "mean_us": .optional(.number()), "median_us": .optional(.number()),
        "min_us": .optional(.number()), "max_us": .optional(.number()), "p95_us": .optional(.number()),
        "p99_us": .optional(.number()),
      ])), "recent_samples": .list(object),
  ])
}
