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

  // MARK: Entries

  private static let ignored: Carry = { _, _ in }

  private static let scope: Carry = { value, imported in
    for key in ["subject", "horizon_seconds", "step_seconds"] {
      if let member = value[key], !member.isNull { imported.set("scope", key, member, from: "scope") }
    }
    let others = (value.object?.keys ?? []).filter { !["subject", "horizon_seconds", "step_seconds"].contains($0) }
    if !others.isEmpty {
      imported.note(
        "scope", "\(others.sorted().joined(separator: ", ")) are no part of the contract's scope",
        remedy: "write them into scope_template of each schedule")
    }
  }

  private static let call: Carry = { value, imported in
    imported.set("call", "method", value["method"] ?? "predict", from: "call_method")
    let arguments = (value["args"]?.array ?? []).map { argument -> JSON in
      let type = argument["type"]?.string ?? "STRING"
      let known = CrunchContract.ModelCall.Argument.ArgumentType(rawValue: type) != nil
      if !known { imported.note("call_method", "\(type) is no type of an argument: taken as STRING, as before") }
      return .object(JSONObject([(argument["name"]?.string ?? "", .string(known ? type : "STRING"))]))
    }
    imported.set("call", "arguments", .array(arguments), from: "call_method")
  }

  private static let schedules: Carry = { value, imported in
    let items = (value.array ?? []).map { item -> JSON in
      .object([
        "scope_key": item["scope_key"] ?? "", "scope_template": item["scope"] ?? [:],
        "schedule": .object([
          "prediction_interval_seconds": item["prediction_interval_seconds"] ?? 60,
          "resolve_horizon_seconds": item["resolve_horizon_seconds"] ?? 0,
        ]),
        "active": item["active"] ?? true, "order": item["order"] ?? 0, "meta": item["meta"] ?? [:],
      ])
    }
    // None at all: models are asked in rounds.
    imported.set("schedules", .array(items), from: "scheduled_predictions")
  }

  private static let aggregation: Carry = { value, imported in
    let windows = (value["windows"]?.object ?? [:]).map { ($0.key, $0.value["hours"] ?? 24) }
    if windows.isEmpty {
      imported.note("aggregation", "without windows nothing is averaged over time: the default windows hold")
    } else {
      imported.set("aggregation", "windows", .object(JSONObject(windows)), from: "aggregation")
    }
    imported.set("aggregation", "ranking_key", value["ranking_key"] ?? "score_recent", from: "aggregation")
    // Only the text "desc" sorted from the top.
    let direction = value["ranking_direction"]?.string == "desc" ? "desc" : "asc"
    imported.set("aggregation", "direction", .string(direction), from: "aggregation")
    imported.set("aggregation", "value_field", value["value_field"] ?? "value", from: "aggregation")
  }

  private static let metrics: Carry = { value, imported in
    let names = (value.array ?? []).compactMap(\.string)
    let known = names.filter { MetricRegistry().names.contains($0) }
    for name in names where !known.contains(name) {
      imported.note("metrics", "\(name) is no metric of the node", remedy: "return it from the scoring function")
    }
    imported.set("metrics", .array(known.map(JSON.string)), from: "metrics")
  }

  private static let emission: Carry = { value, imported in
    let function = ImportedFunction(value)
    switch function.original?.string {
    case "default_build_emission": imported.set("emission", "strategy", "tiers", from: "build_emission")
    case "contribution_weighted_emission":
      imported.set("emission", "strategy", "contribution", from: "build_emission")
      for (theirs, ours) in [
        ("rank_weight", "rank_weight"), ("contribution_weight", "contribution_weight"),
        ("diversity_weight", "diversity_weight"), ("min_pct", "floor"),
      ] {
        if let weight = function.keywords[theirs] { imported.set("emission", ours, weight, from: "build_emission") }
      }
    default: extensionPoint(.buildEmission, "")(value, &imported)
    }
  }

  private static func wallet(_ key: String) -> Carry {
    { value, imported in
      if let text = value.string, !text.isEmpty { imported.set("on_chain", key, value, from: key) }
    }
  }

  private static let staleness: Carry = { value, imported in
    imported.set("limits", "ground_truth_staleness", value, from: "max_ground_truth_staleness_fraction")
  }

  private static let scoring: Carry = { value, imported in
    guard !value.isNull else { return }
    let function = ImportedFunction(value)
    guard function.original == nil else { return noteDefaultScore("scoring_function", &imported) }
    guard let name = function.name else {
      return imported.note(
        "scoring_function", "\(function.text) has no name that it could be called by: the default score holds",
        remedy: "make it a function of a module, then write callables: {scoring: module:function}")
    }
    imported.set("callables", "scoring", .string(name), from: "scoring_function")
    imported.usesPython = true
    imported.needsSupport = true
  }

  static func noteDefaultScore(_ setting: String, _ imported: inout ImportedContract) {
    imported.note(
      setting, "the original's default score is 0 for everything; here builtin:directional scores",
      remedy: "write callables: {scoring: …} to score otherwise")
  }

  /// A function at an extension point of the contract, whose name there is the original's.
  private static func extensionPoint(_ point: ExtensionPoint, _ original: String) -> Carry {
    { value, imported in
      guard !value.isNull else { return }
      let setting = point.rawValue
      let function = ImportedFunction(value)
      guard function.original?.string != original else { return imported.carry(setting) }
      guard let name = function.name, function.keywords.isEmpty else {
        return imported.note(
          setting, "\(function.text) has no name that it could be called by: the node does it its own way",
          remedy: "make it a function of a module, then write callables: {\(setting): module:function}")
      }
      imported.set("callables", setting, .string(name), from: setting)
      imported.usesPython = true
      imported.needsSupport = true
    }
  }

  /// A function that the node has of its own, and takes from nobody else.
  private static func function(_ setting: String, _ original: String) -> Carry {
    { value, imported in
      guard !value.isNull else { return }
      let function = ImportedFunction(value)
      guard function.original?.string != original else { return imported.carry(setting) }
      imported.note(setting, "\(function.text) is not called: the node does it its own way")
    }
  }

  private static let normaliser: Carry = { value, imported in
    guard value != "candle" else { return imported.carry("feed_normalizer") }
    imported.note(
      "feed_normalizer", "models get candles_1m, not the shape of \(value.text); a tick becomes a flat candle")
  }

  private static let mapping: Carry = { value, imported in
    guard value.object?.isEmpty == false else { return }
    imported.note("feed_subject_mapping", "models get subjects by the feed's names, not \(value.text)")
  }

  private static let service: Carry = { value, imported in
    guard let name = value["$type"]?["name"]?.string else { return }
    guard name != "RealtimePredictService" && name != "PredictService" else { return }
    imported.note("predict_service_class", "\(name) is not run: models are asked by schedules")
  }

  private static func shape(_ setting: String, as section: String) -> Carry {
    { FieldRule.carryShape($0, setting, as: section, &$1) }
  }

  private static let metadata: Carry = { value, imported in
    guard let type = value["$type"], type["is_original"] != true else { return }
    imported.note("meta_type", "\(type["name"]?.string ?? "its type") is not applied: metadata has no type here")
  }
}

/// A function as `read_config.py` describes it.
struct ImportedFunction: Sendable {
  /// `module:function`; nil when it has no such name.
  var name: String?
  /// What the original calls it, or says of it; nil for a function of the competition.
  var original: JSON?
  var keywords: JSONObject
  /// For people.
  var text: String

  init(_ value: JSON) {
    let told = value["$callable"]
    name = told?["name"]?.string
    original = told?["original"]
    keywords = told?["keywords"]?.object ?? [:]
    text = told?["text"]?.string ?? told?["original"]?.string ?? value.text
  }
}
