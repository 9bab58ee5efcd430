import Postgres

/// The tables of a database that has no schema of ours, held against those of the Python original (versions 0.1.1 and 0.1.101),
/// so that only what is known for sure is adopted.
struct OriginalSchema: Sendable, Hashable {
  struct Column: Sendable, Hashable {
    var type: String
    var isNullable = true
    var hasDefault = false
  }

  /// By table and column; of the original's tables alone.
  var columns: [String: [String: Column]] = [:]
  /// Tables whose primary key is their `id`.
  var keyed: Set<String> = []

  /// What is known of the original's columns: the types that PostgreSQL's catalog may name.
  enum Kind: Sendable {
    case text, moment, json, real, whole, flag

    var types: [String] {
      switch self {
      case .text: ["text", "character varying"]
      case .moment: ["timestamp with time zone", "timestamp without time zone"]
      case .json: ["jsonb", "json"]
      case .real: ["double precision", "real"]
      case .whole: ["integer", "bigint", "smallint"]
      case .flag: ["boolean"]
      }
    }
  }

  /// The tables of both versions.
  static let tables: [String: [String: Kind]] = [
    "models": kinds(
      text: "id name deployment_identifier player_id player_name",
      json: "overall_score_jsonb scores_by_scope_jsonb meta_jsonb", moment: "created_at updated_at"),
    "scheduled_prediction_configs": kinds(
      text: "id scope_key", json: "scope_template_jsonb schedule_jsonb meta_jsonb", whole: "order", flag: "active"),
    "inputs": kinds(text: "id", json: "raw_data_jsonb", moment: "received_at"),
    "predictions": kinds(
      text: "id input_id model_id prediction_config_id scope_key status",
      json: "scope_jsonb inference_output_jsonb meta_jsonb", moment: "performed_at resolvable_at", real: "exec_time_ms"),
    "scores": kinds(
      text: "id prediction_id failed_reason", json: "result_jsonb", moment: "scored_at", flag: "success"),
    "snapshots": kinds(
      text: "id model_id", json: "result_summary_jsonb meta_jsonb", moment: "period_start period_end created_at",
      whole: "prediction_count"),
    "checkpoints": kinds(
      text: "id status tx_hash", json: "entries_jsonb meta_jsonb",
      moment: "period_start period_end created_at submitted_at"),
    "leaderboards": kinds(text: "id", json: "entries_jsonb meta_jsonb", moment: "created_at"),
    "feed_records": kinds(
      text: "id source subject kind granularity", json: "values_jsonb meta_jsonb", moment: "ts_event ts_ingested"),
    "feed_ingestion_state": kinds(
      text: "id source subject kind granularity", json: "meta_jsonb", moment: "last_event_ts updated_at"),
  ]

  /// Tables of 0.1.101 alone. Either all of them are there or none.
  static let laterTables: [String: [String: Kind]] = [
    "backfill_jobs": kinds(
      text: "id source subject kind granularity status error",
      moment: "start_ts end_ts cursor_ts created_at updated_at", whole: "records_written pages_fetched"),
    "merkle_cycles": kinds(
      text: "id previous_cycle_id previous_cycle_root snapshots_root chained_root", moment: "created_at",
      whole: "snapshot_count"),
    "merkle_nodes": kinds(
      text: "id checkpoint_id cycle_id hash left_child_id right_child_id snapshot_id snapshot_content_hash",
      moment: "created_at", whole: "level position"),
  ]

  /// Columns that one of the versions has, and others of ours.
  private static let optional: [String: [String: Kind]] = [
    "inputs": kinds(text: "status", json: "actuals_jsonb scope_jsonb meta_jsonb", moment: "resolvable_at"),
    "snapshots": kinds(text: "content_hash"),
    "checkpoints": kinds(text: "merkle_root"),
  ]

  /// Columns that our steps add.
  private static let added: [String: [String]] = [
    "predictions": ["failed_reason", "contract_id"], "scores": ["period_start", "contract_id"],
    "snapshots": ["provisional", "sealed_at", "checkpoint_id"],
  ]

  private static func kinds(
    text: String, json: String = "", moment: String = "", real: String = "", whole: String = "", flag: String = ""
  ) -> [String: Kind] {
    var kinds: [String: Kind] = [:]
    let lists: [(String, Kind)] = [
      (text, .text), (json, .json), (moment, .moment), (real, .real), (whole, .whole), (flag, .flag),
    ]
    for (names, kind) in lists {
      for name in names.split(separator: " ") { kinds[String(name)] = kind }
    }
    return kinds
  }

  var isEmpty: Bool { columns.isEmpty }

  /// Which version made it, as far as its tables tell.
  var version: String { columns["merkle_cycles"] == nil ? "0.1.1" : "0.1.101" }

  /// Why it is not what either version makes; empty when it is.
  var oddities: [String] {
    var oddities: [String] = []
    let later = Self.laterTables.keys.filter { columns[$0] != nil }
    let expected = Self.tables.merging(later.isEmpty ? [:] : Self.laterTables) { own, _ in own }
    for (table, kinds) in expected.sorted(by: { $0.key < $1.key }) {
      guard let found = columns[table] else {
        oddities.append("there is no table \(table)")
        continue
      }
      if !keyed.contains(table) { oddities.append("id is not the primary key of \(table)") }
      let known = kinds.merging(Self.optional[table] ?? [:]) { own, _ in own }
      for (column, kind) in known.sorted(by: { $0.key < $1.key }) {
        if let type = found[column]?.type {
          if !kind.types.contains(type) { oddities.append("\(table).\(column) is of type \(type)") }
        } else if kinds[column] != nil {
          oddities.append("\(table) has no column \(column)")
        }
      }
      for name in Self.added[table] ?? [] where found[name] != nil {
        oddities.append("\(table).\(name) is there, which the original does not have and this program adds")
      }
      for (name, column) in found.sorted(by: { $0.key < $1.key })
      where known[name] == nil && !column.isNullable && !column.hasDefault {
        oddities.append(
          "\(table).\(name) is not a column of the original, and wants a value that no worker of ours gives")
      }
    }
    return oddities
  }

  /// Reads the catalog.
  static func read(_ connection: isolated PostgresConnection) throws(PostgresError) -> OriginalSchema {
    let names = (Array(tables.keys) + Array(laterTables.keys)).sorted()
    var schema = OriginalSchema()
    for row in try connection.query(catalog, [.texts(names)]) {
      schema.columns[try row.text(0), default: [:]][try row.text(1)] = Column(
        type: try row.text(2), isNullable: try row.bool(3), hasDefault: try row.bool(4))
      if try row.bool(5) { schema.keyed.insert(try row.text(0)) }
    }
    return schema
  }

  private static let catalog: SQL = """
    SELECT c.table_name::text, c.column_name::text, c.data_type::text, c.is_nullable = 'YES',
      c.column_default IS NOT NULL OR c.is_identity = 'YES',
      EXISTS (
        SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = format('public.%I', c.table_name)::regclass AND i.indisprimary AND i.indnatts = 1
          AND a.attname = 'id')
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name = ANY($1)
    """
}
