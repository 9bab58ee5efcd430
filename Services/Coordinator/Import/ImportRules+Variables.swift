import Competition
import ServiceKit

// What variables of the original say about the competition.
extension ImportRules {
  /// 0.1.1 has a contract that nobody could change: all that differs is in variables and in the file of schedules.
  static func original(
    _ variables: [String: String], schedules: JSON?, _ imported: inout ImportedContract
  ) throws {
    imported.set("output", "value", ["type": "float", "default": 0.0], from: "output")
    imported.set("scope", ["subject": "BTC", "horizon_seconds": 60, "step_seconds": 15], from: "scope")
    imported.set(
      "aggregation",
      [
        "windows": ["score_recent": 24, "score_steady": 72, "score_anchor": 168], "ranking_key": "score_recent",
        "direction": "desc", "value_field": "value",
      ], from: "aggregation")
    if let schedules {
      let configs = try checked(schedules, &imported)
      imported.set("schedules", configs, from: "SCHEDULED_PREDICTION_CONFIGS_PATH")
    } else {
      imported.note(
        "SCHEDULED_PREDICTION_CONFIGS_PATH",
        "no file of schedules was found: BTC is asked about every minute, as before")
    }
    for (name, key) in [
      ("CRUNCH_PUBKEY", "crunch_pubkey"), ("COMPUTE_PROVIDER_PUBKEY", "compute_provider"),
      ("DATA_PROVIDER_PUBKEY", "data_provider"),
    ] {
      if let value = variables[name], !value.isEmpty { imported.set("on_chain", key, .string(value), from: name) }
    }
    scoringVariable(variables, &imported)
  }

  /// The schedules as the original read them, with what it read silently said aloud.
  private static func checked(_ schedules: JSON, _ imported: inout ImportedContract) throws -> JSON {
    do { _ = try ScheduleFile.configs(from: schedules) } catch {
      throw WorkspaceError(reason: "the file of schedules cannot be used: \(error)", remedy: "correct it")
    }
    for item in schedules.array ?? [] {
      let name = item["scope_key"]?.string ?? ""
      let read = ["prediction_interval_seconds", "resolve_after_seconds", "resolve_horizon_seconds"]
      let unread = (item["schedule"]?.object?.keys ?? []).filter { !read.contains($0) }
      if !unread.isEmpty {
        imported.note("schedule", "\(unread.joined(separator: ", ")) of \(name) was never read; its default holds")
      }
      let scope = item["scope_template"]?.object ?? [:]
      if scope["subject"] == nil, scope["asset"] != nil {
        imported.note(
          "scope_template",
          "\(name) names an asset, which the call never read: it is asked of each subject of the feed",
          remedy: "call it subject")
      }
    }
    return schedules
  }

  /// `SCORING_FUNCTION` holds where the configuration names no function.
  static func scoringVariable(_ variables: [String: String], _ imported: inout ImportedContract) {
    guard imported.sections["callables"]?["scoring"] == nil else { return }
    let text = variables["SCORING_FUNCTION"] ?? ""
    guard !text.isEmpty, !text.hasPrefix("coordinator_node."), !text.hasPrefix("crunch_node.") else {
      return noteDefaultScore("SCORING_FUNCTION", &imported)
    }
    imported.set("callables", "scoring", .string(text), from: "SCORING_FUNCTION")
    imported.usesPython = true
    imported.needsSupport = true
  }

  /// How models are fed follows from their base class; 0.1.101 fed all of them by `feed_update`.
  static func update(_ variables: [String: String], _ imported: inout ImportedContract) {
    let base = variables["MODEL_BASE_CLASSNAME"].flatMap { $0.isEmpty ? nil : $0 } ?? "cruncher.ModelBaseClass"
    let implied = CrunchContract.ModelCall.updateMethod(forBaseClass: base)
    if variables["MODEL_BASE_CLASSNAME"]?.isEmpty != false {
      imported.note(
        "MODEL_BASE_CLASSNAME", "its default was cruncher.ModelBaseClass, and here is tracker.TrackerBase",
        remedy: "set MODEL_BASE_CLASSNAME=cruncher.ModelBaseClass")
    }
    imported.set("call", "update", .string(implied), from: "MODEL_BASE_CLASSNAME")
  }

  /// Variables that nobody reads here.
  static func variables(_ variables: [String: String], _ imported: inout ImportedContract) {
    let known = NodeSettings(environment: [:]).reader.knownNames
    for point in ExtensionPoint.allCases {
      guard let name = point.variable, let value = variables[name], !value.isEmpty else { continue }
      imported.note(
        name, "the original never read it; here it holds, and goes before callables of the contract",
        remedy: "unset it where \(value) should not be called")
    }
    for (name, value) in variables.sorted(by: { $0.key < $1.key }) where !value.isEmpty && !known.contains(name) {
      guard !name.hasPrefix("FEED_OPT_") else { continue }
      if name == "CRUNCH_CONFIG_MODULE" {
        imported.note(name, "nobody reads it: CRUNCH_CONTRACT names the contract", remedy: "set CRUNCH_CONTRACT")
      } else if let unread = UnreadVariable.all[name] {
        imported.note(name, "nobody reads it: \(unread.cause)", remedy: unread.remedy)
      } else {
        imported.note(name, "nobody reads it")
      }
    }
  }
}
