import Postgres

extension AuditStore {
  /// A slot counts once it is answered, or should have been.
  static let checksInProgress = [
    Check(
      invariant: .conservation, promise: "every model that was asked has a prediction",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE p.id IS NULL),
          min(concat_ws(' ', s.input_id, s.scope_key, m.id)) FILTER (WHERE p.id IS NULL)
        FROM prediction_slots s CROSS JOIN unnest(s.model_ids) AS m (id)
        LEFT JOIN predictions p ON (p.input_id, p.scope_key, p.model_id) = (s.input_id, s.scope_key, m.id)
        WHERE s.answered_at IS NOT NULL OR s.deadline_at < clock_timestamp() - interval '60 seconds'
        """)
  ]

  static let checksAtRest = [
    Check(
      invariant: .conservation, promise: "every model that was asked has a prediction",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE p.id IS NULL),
          min(concat_ws(' ', s.input_id, s.scope_key, m.id)) FILTER (WHERE p.id IS NULL)
        FROM prediction_slots s CROSS JOIN unnest(s.model_ids) AS m (id)
        LEFT JOIN predictions p ON (p.input_id, p.scope_key, p.model_id) = (s.input_id, s.scope_key, m.id)
        """),
    Check(
      invariant: .conservation,
      promise: "every prediction has ended, but for those of rounds that wait for their truth",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE is_open), min(id) FILTER (WHERE is_open)
        FROM (
          SELECT id, status = 'PENDING' AND NOT EXISTS (
            SELECT FROM tournament_rounds r
            WHERE r.input_id = p.input_id AND r.state IN ('asking', 'answered') AND r.truth_id IS NULL) AS is_open
          FROM predictions p) predictions
        """),
  ]

  static let checks = [
    Check(
      invariant: .conservation, promise: "every model that was asked in a round has a prediction of each row",
      sql: """
        SELECT coalesce(sum(rows), 0)::bigint, coalesce(sum(greatest(rows - known, 0)), 0)::bigint,
          min(id) FILTER (WHERE known < rows)
        FROM (
          SELECT r.id, r.feature_count * cardinality(r.model_ids) AS rows,
            (SELECT count(*) FROM predictions p WHERE p.input_id = r.input_id AND p.model_id = ANY(r.model_ids)) AS known
          FROM tournament_rounds r WHERE r.answered_at IS NOT NULL) rounds
        """),
    Check(
      invariant: .conservation, promise: "no prediction of a round that has ended waits for a truth",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE p.status = 'PENDING' AND p.resolvable_at IS NULL),
          min(p.id) FILTER (WHERE p.status = 'PENDING' AND p.resolvable_at IS NULL)
        FROM tournament_rounds r JOIN predictions p ON p.input_id = r.input_id
        WHERE r.state IN ('scored', 'closed') AND (r.truth_id IS NULL OR r.due_rows >= r.feature_count)
        """),
    Check(
      invariant: .conservation, promise: "a prediction that failed says why",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE coalesce(failed_reason, '') = ''),
          min(id) FILTER (WHERE coalesce(failed_reason, '') = '')
        FROM predictions WHERE status = 'FAILED'
        """),
    // Other tools may repeat theirs: ours carry a contract, and scores of ours a bucket.
    Check(
      invariant: .oneEffect, promise: "a model has one prediction of an input and scope key",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE n > 1), min(input_id) FILTER (WHERE n > 1)
        FROM (
          SELECT input_id, count(*) AS n FROM predictions WHERE contract_id IS NOT NULL
          GROUP BY input_id, scope_key, model_id) counted
        """),
    Check(
      invariant: .oneEffect, promise: "a prediction has one score when it is SCORED, and else none",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE is_wrong), min(id) FILTER (WHERE is_wrong)
        FROM (
          SELECT p.id, (s.prediction_id IS NOT NULL) <> (p.status = 'SCORED') OR s.ours > 1 AS is_wrong
          FROM predictions p LEFT JOIN (
            SELECT prediction_id, count(period_start) AS ours FROM scores GROUP BY prediction_id) s
            ON s.prediction_id = p.id) counted
        """),
    // What was replayed by hand ends again.
    Check(
      invariant: .frozenWorkers, promise: "no run ends what another had ended",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE ended > known), min(input_id) FILTER (WHERE ended > known)
        FROM (
          SELECT r.input_id, r.ended,
            (SELECT count(*) FROM predictions p WHERE p.input_id = r.input_id AND p.scope_key = r.scope_key) AS known
          FROM (
            SELECT input_id, scope_key, sum(predictions) AS ended FROM score_runs GROUP BY input_id, scope_key) r
          WHERE NOT EXISTS (
            SELECT 1 FROM dead_letters d WHERE d.payload_jsonb ->> 'input_id' = r.input_id AND d.resolution = 'replayed')
        ) counted
        """),
    Check(
      invariant: .periods, promise: "each score of a sealed bucket is in one snapshot",
      sql: """
        SELECT coalesce(sum(c.n), 0)::bigint, coalesce(sum(c.n) FILTER (WHERE n.id IS NULL), 0)::bigint,
          min(concat_ws(' ', c.model_id, c.period_start)) FILTER (WHERE n.id IS NULL)
        FROM (
          SELECT p.model_id, s.period_start, count(*) AS n
          FROM scores s JOIN predictions p ON p.id = s.prediction_id
          WHERE s.success AND s.period_start < (SELECT sealed_until FROM seal_state)
          GROUP BY p.model_id, s.period_start) c
        LEFT JOIN LATERAL (
          SELECT id, period_end FROM snapshots
          WHERE model_id = c.model_id AND sealed_at IS NOT NULL AND period_start <= c.period_start
          ORDER BY period_start DESC LIMIT 1) n ON n.period_end > c.period_start
        """),
    Check(
      invariant: .periods, promise: "a sealed snapshot counts the scores of its bucket",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE s.prediction_count <> coalesce(placed.n, 0)),
          min(s.id) FILTER (WHERE s.prediction_count <> coalesce(placed.n, 0))
        FROM snapshots s LEFT JOIN (
          SELECT n.id, sum(c.n) AS n
          FROM (
            SELECT p.model_id, s.period_start, count(*) AS n
            FROM scores s JOIN predictions p ON p.id = s.prediction_id WHERE s.success
            GROUP BY p.model_id, s.period_start) c
          JOIN LATERAL (
            SELECT id, period_end FROM snapshots
            WHERE model_id = c.model_id AND sealed_at IS NOT NULL AND period_start <= c.period_start
            ORDER BY period_start DESC LIMIT 1) n ON n.period_end > c.period_start
          GROUP BY n.id) placed ON placed.id = s.id
        WHERE s.sealed_at IS NOT NULL
        """),
    Check(
      invariant: .periods, promise: "the snapshots of a model do not overlap",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE previous > period_start), min(id) FILTER (WHERE previous > period_start)
        FROM (
          SELECT id, period_start, lag(period_end) OVER (PARTITION BY model_id ORDER BY period_start) AS previous
          FROM snapshots WHERE sealed_at IS NOT NULL) ordered
        """),
    Check(
      invariant: .periods, promise: "checkpoints follow each other without gap or overlap",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE period_start <> previous), min(id) FILTER (WHERE period_start <> previous)
        FROM (
          SELECT id, period_start, lag(period_end) OVER (ORDER BY period_end) AS previous FROM checkpoints) ordered
        """),
    Check(
      invariant: .periods, promise: "a sealed snapshot is in the checkpoint of its period, and in no other",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE is_wrong), min(id) FILTER (WHERE is_wrong)
        FROM (
          SELECT n.id, n.period_end > c.period_end OR n.period_end <= c.period_start
            OR c.id IS NULL AND n.period_end <= (SELECT max(period_end) FROM checkpoints) AS is_wrong
          FROM snapshots n LEFT JOIN checkpoints c ON c.id = n.checkpoint_id WHERE n.sealed_at IS NOT NULL) claimed
        """),
    Check(
      invariant: .periods, promise: "a checkpoint counts the snapshots that it claimed",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE told <> claimed), min(id) FILTER (WHERE told <> claimed)
        FROM (
          SELECT id, (meta_jsonb ->> 'snapshot_count')::bigint AS told,
            (SELECT count(*) FROM snapshots n WHERE n.checkpoint_id = c.id) AS claimed
          FROM checkpoints c WHERE jsonb_typeof(meta_jsonb -> 'snapshot_count') = 'number') counted
        """),
    Check(
      invariant: .periods, promise: "a checkpoint with a ranking pays out exactly everything",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE paid <> 1000000000), min(id) FILTER (WHERE paid <> 1000000000)
        FROM (
          SELECT c.id,
            (SELECT sum((reward ->> 'reward_pct')::bigint) FROM jsonb_array_elements(entry -> 'cruncher_rewards') reward)
              AS paid
          FROM checkpoints c, jsonb_array_elements(
            CASE jsonb_typeof(c.entries_jsonb) WHEN 'array' THEN c.entries_jsonb ELSE '[]' END) entry
          WHERE jsonb_typeof(entry -> 'cruncher_rewards') = 'array' AND entry -> 'cruncher_rewards' <> '[]') emissions
        """),
    Check(
      invariant: .feedOrder, promise: "the slots of a config fire in the order of the feed, per subject",
      sql: """
        SELECT count(*), count(*) FILTER (WHERE previous > performed_at),
          min(input_id) FILTER (WHERE previous > performed_at)
        FROM (
          SELECT input_id, performed_at,
            lag(performed_at) OVER (PARTITION BY config_id, subject ORDER BY slot) AS previous
          FROM prediction_slots) ordered
        """),
  ]
}
