import Competition

// What becomes of settings that are no functions.

extension ImportRules {
  static let ignored: Carry = { _, _ in }

  static let scope: Carry = { value, imported in
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

  static let call: Carry = { value, imported in
    imported.set("call", "method", value["method"] ?? "predict", from: "call_method")
    let arguments = (value["args"]?.array ?? []).map { argument -> JSON in
      let type = argument["type"]?.string ?? "STRING"
      let known = CrunchContract.ModelCall.Argument.ArgumentType(rawValue: type) != nil
      if !known { imported.note("call_method", "\(type) is no type of an argument: taken as STRING, as before") }
      return .object(JSONObject([(argument["name"]?.string ?? "", .string(known ? type : "STRING"))]))
    }
    imported.set("call", "arguments", .array(arguments), from: "call_method")
  }

  static let schedules: Carry = { value, imported in
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

  static let aggregation: Carry = { value, imported in
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

  static let metrics: Carry = { value, imported in
    let names = (value.array ?? []).compactMap(\.string)
    let known = names.filter { MetricRegistry().names.contains($0) }
    for name in names where !known.contains(name) {
      imported.note("metrics", "\(name) is no metric of the node", remedy: "return it from the scoring function")
    }
    imported.set("metrics", .array(known.map(JSON.string)), from: "metrics")
  }

  static let emission: Carry = { value, imported in
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

  static func wallet(_ key: String) -> Carry {
    { value, imported in
      if let text = value.string, !text.isEmpty { imported.set("on_chain", key, value, from: key) }
    }
  }

  static let staleness: Carry = { value, imported in
    imported.set("limits", "ground_truth_staleness", value, from: "max_ground_truth_staleness_fraction")
  }

  static let normaliser: Carry = { value, imported in
    guard value != "candle" else { return imported.carry("feed_normalizer") }
    imported.note(
      "feed_normalizer", "models get candles_1m, not the shape of \(value.text); a tick becomes a flat candle")
  }

  static let mapping: Carry = { value, imported in
    guard value.object?.isEmpty == false else { return }
    imported.note("feed_subject_mapping", "models get subjects by the feed's names, not \(value.text)")
  }

  static let service: Carry = { value, imported in
    guard let name = value["$type"]?["name"]?.string else { return }
    guard name != "RealtimePredictService" && name != "PredictService" else { return }
    imported.note("predict_service_class", "\(name) is not run: models are asked by schedules")
  }

  static func shape(_ setting: String, as section: String) -> Carry {
    { FieldRule.carryShape($0, setting, as: section, &$1) }
  }

  static let metadata: Carry = { value, imported in
    guard let type = value["$type"], type["is_original"] != true else { return }
    imported.note("meta_type", "\(type["name"]?.string ?? "its type") is not applied: metadata has no type here")
  }
}
