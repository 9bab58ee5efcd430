import Competition
import Postgres

/// Table `prediction_slots`: which config fired when, for which subject, and which models were asked.
public struct SlotStore: Sendable {
  let pool: PostgresPool

  /// Commits an input with the slots that show it, before any model is asked. Answers the slots that are ours: a slot
  /// that another worker opened first is that worker's.
  /// - Parameters:
  ///   - models: those that are asked.
  ///   - news: those of them that may be stored otherwise, or not at all; nil: all.
  ///   - worker: who asks, for the record.
  public func open(
    _ input: Input, slots: [PredictionSlot], models: [Model], news: [Model]? = nil, worker: String = ""
  ) async throws -> [PredictionSlot] {
    guard let first = slots.first else { return [] }
    let modelIDs = models.map(\.id)
    let news = news ?? models
    // A text array per row: the list is the same for all slots of the input.
    let rows = try await pool.pipeline(
      (news.isEmpty ? [] : [ModelStore.upsert(news)]) + [
        PostgresQuery(
          """
          INSERT INTO inputs (id, raw_data_jsonb, received_at, scope_jsonb, resolvable_at)
          VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING
          """,
          [
            .text(input.id), try .json(input.rawData), .time(input.receivedAt), try .json(first.scope),
            .time(first.resolvableAt),
          ]),
        PostgresQuery(
          """
          INSERT INTO prediction_slots
            (config_id, subject, slot, input_id, scope_key, scope_jsonb, performed_at, resolvable_at, deadline_at,
             contract_id, model_ids, worker)
          SELECT s.*, $11, $12 FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::jsonb[],
            $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::bigint[]) AS s
          ON CONFLICT (config_id, subject, slot) DO NOTHING
          RETURNING config_id, subject, slot
          """,
          [
            .texts(slots.map(\.configID)), .texts(slots.map(\.subject)), .ints(slots.map(\.slot)),
            .texts(slots.map(\.inputID)), .texts(slots.map(\.scopeKey)), try .jsons(slots.map(\.scope)),
            .times(slots.map(\.performedAt)), .times(slots.map(\.resolvableAt)), .times(slots.map(\.deadlineAt)),
            .ints(slots.map(\.contractID)), .texts(modelIDs), .text(worker),
          ]),
      ])
    let won = try rows[rows.count - 1].map { (try $0.text(0), try $0.text(1), try $0.int(2)) }
    return slots.filter { slot in won.contains { $0 == (slot.configID, slot.subject, slot.slot) } }
  }

  /// Slots whose models have not all been heard or given up, the oldest first.
  public func unanswered(limit: Int) async throws -> [(slot: PredictionSlot, modelIDs: [String])] {
    try await pool.query(
      """
      SELECT config_id, subject, slot, input_id, scope_key, scope_jsonb, performed_at, resolvable_at, deadline_at,
        model_ids, contract_id
      FROM prediction_slots WHERE answered_at IS NULL ORDER BY resolvable_at LIMIT $1
      """, [.int(Int64(limit))]
    ).map { row in
      let slot = PredictionSlot(
        configID: try row.text(0), subject: try row.text(1), slot: try row.int(2), inputID: try row.text(3),
        scopeKey: try row.text(4), scope: try row.object(5), performedAt: try row.timestamp(6),
        resolvableAt: try row.timestamp(7), deadlineAt: try row.timestamp(8), contractID: try row.intIfPresent(10))
      return (slot, try row.texts(9))
    }
  }

  static func markAnswered(_ slots: [PredictionSlot]) -> PostgresQuery {
    PostgresQuery(
      """
      UPDATE prediction_slots AS s SET answered_at = now()
      FROM unnest($1::text[], $2::text[], $3::bigint[]) AS a (config_id, subject, slot)
      WHERE s.config_id = a.config_id AND s.subject = a.subject AND s.slot = a.slot AND s.answered_at IS NULL
      """,
      [.texts(slots.map(\.configID)), .texts(slots.map(\.subject)), .ints(slots.map(\.slot))])
  }
}
