import Competition
import ServiceKit

/// What becomes of each setting of the original's configuration: one entry a setting.
struct ImportRules: Sendable {
  /// Carries one setting over, or notes why not.
  typealias Carry = @Sendable (JSON, inout ImportedContract) -> Void

  private let entries: [(setting: String, carry: Carry)]

  func apply(to settings: JSONObject, variables: [String: String], _ imported: inout ImportedContract) {
    for (setting, carry) in entries {
      if let value = settings[setting] { carry(value, &imported) }
    }
    let known = Set(entries.map(\.setting))
    for name in settings.keys.sorted() where !known.contains(name) {
      imported.note(name, "is not known: nothing is done with it")
    }
    Self.update(variables, &imported)
    Self.scoringVariable(variables, &imported)
  }

  /// `crunch_config.py` of 0.1.101.
  static let configuration = ImportRules(entries: [
    ("output_type", { FieldRule.carryOutput($0, &$1) }),
    ("scope", scope), ("call_method", call), ("scheduled_predictions", schedules), ("aggregation", aggregation),
    ("metrics", metrics), ("ensembles", { EnsembleRule.carry($0, &$1) }),
    ("build_emission", emission),
    ("crunch_pubkey", wallet("crunch_pubkey")), ("compute_provider", wallet("compute_provider")),
    ("data_provider", wallet("data_provider")),
    ("max_ground_truth_staleness_fraction", staleness),
    ("scoring_function", scoring),
    ("resolve_ground_truth", extensionPoint(.groundTruth, "default_resolve_ground_truth")),
    ("aggregate_snapshot", extensionPoint(.aggregateSnapshot, "default_aggregate_snapshot")),
    ("compute_metrics", function("compute_metrics", "default_compute_metrics")),
    ("post_predict_hook", function("post_predict_hook", "")),
    ("feed_normalizer", normaliser), ("feed_subject_mapping", mapping),
    ("predict_service_class", service),
    ("score_type", shape("score_type", as: "score")),
    ("ground_truth_type", shape("ground_truth_type", as: "ground_truth")),
    ("input_type", shape("input_type", as: "inference_input")),
    ("raw_input_type", shape("raw_input_type", as: "raw_input")),
    ("meta_type", metadata),
    ("performance", ignored),
  ])
}
