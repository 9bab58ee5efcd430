import Competition
import Diagnosis

/// What a verification found.
struct VerificationReport: Sendable {
  /// Rows that were recomputed and found to be as stored, by what they are.
  var verified: [String: Int] = [:]
  /// What could not be recomputed, with the number of rows; that is no difference.
  var notCovered: [String: Int] = [:]
  var difference: Difference?
  var seconds = 0.0

  mutating func count(_ what: String, _ rows: Int = 1) { if rows > 0 { verified[what, default: 0] += rows } }
  mutating func skip(_ why: String, _ rows: Int = 1) { if rows > 0 { notCovered[why, default: 0] += rows } }

  /// Adds what another part of the verification found.
  mutating func add(_ other: VerificationReport) {
    verified.merge(other.verified) { $0 + $1 }
    notCovered.merge(other.notCovered) { $0 + $1 }
    difference = difference ?? other.difference
  }

  /// The columns whose every change is noticed, within what is sealed.
  static let columns: [(table: String, columns: String)] = [
    ("contracts", "digest, contract_text"),
    ("feed_records", "values_jsonb and ts_event of the records behind a truth"),
    ("inputs", "raw_data_jsonb where the horizon is 0"),
    ("commands", "ground_truth in payload_jsonb, where it is the truth of a round"),
    ("ground_truths", "truth_jsonb, records_digest"),
    ("predictions", "inference_output_jsonb, input_id, scope_key, model_id and status of scored ones"),
    (
      "scores",
      "id, result_jsonb, success, period_start, failed_reason as result_jsonb has it, contract_id where no contract has "
        + "it"
    ),
    (
      "snapshots",
      "id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, content_hash, evidence_digest in "
        + "meta_jsonb, checkpoint_id"
    ),
    ("merkle_cycles", "all"),
    ("merkle_nodes", "all but created_at"),
    ("checkpoints", "id, period_start, period_end, entries_jsonb, meta_jsonb, merkle_root"),
    ("leaderboards", "entries_jsonb; the newest is recomputed, all have a digest"),
  ]

  var json: JSON {
    func counts(_ counts: [String: Int]) -> JSON {
      .object(JSONObject(counts.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) }))
    }
    return .object([
      "verified": .bool(difference == nil), "counts": counts(verified), "not_covered": counts(notCovered),
      "difference": difference?.json ?? .null,
      "columns": .object(JSONObject(Self.columns.map { ($0.table, .string($0.columns)) })),
      "seconds": .double(seconds),
    ])
  }

  var text: String {
    var lines: [String] = []
    if let difference {
      lines = [
        "no: \(difference.table) \(difference.row), column \(difference.column)", "  stored:     \(difference.stored)",
        "  recomputed: \(difference.recomputed)",
      ]
      if let note = difference.note { lines.append("  \(note)") }
      lines.append("Up to there, as stored:")
    } else {
      lines = ["yes: all that is stored follows from what it was made of (\(Spoken.span(seconds)))"]
    }
    lines += verified.sorted { $0.key < $1.key }.map { "  \($0.value) \($0.key)" }
    if !notCovered.isEmpty { lines.append("Not covered:") }
    lines += notCovered.sorted { $0.key < $1.key }.map { "  \($0.value) \($0.key)" }
    lines.append("Columns covered:")
    lines += Self.columns.map { "  \($0.table): \($0.columns)" }
    return lines.joined(separator: "\n")
  }
}
