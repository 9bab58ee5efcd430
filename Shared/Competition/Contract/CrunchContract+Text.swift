import Crypto
import Yams

extension CrunchContract {
  /// The whole contract as its file spells it, defaults written out. The same contract gives the same value, whatever its
  /// file left out.
  public var json: JSON {
    let own = shapes.sections.filter { !$0.shape.fields.isEmpty }
    let shapes = JSONObject(own.map { ($0.key, .object(JSONObject($0.shape.fields.map { ($0.name, $0.json) }))) })
    return .object(
      JSONObject([("output", .object(JSONObject(output.map { ($0.name, $0.json) })))]).merging(shapes).merging([
        "scope": .object([
          "subject": .string(scope.subject), "horizon_seconds": JSON(scope.horizonSeconds),
          "step_seconds": JSON(scope.stepSeconds),
        ]),
        "call": .object(call.json),
        "rounds": .object([
          "answer_seconds": .double(rounds.answerSeconds), "truth_seconds": .double(rounds.truthSeconds),
        ]),
        "schedules": .array((schedules ?? ScheduleFile.default).map(\.json)),
        "aggregation": .object([
          "windows": .object(JSONObject(aggregation.windows.map { ($0.name, JSON($0.hours)) })),
          "ranking_key": .string(aggregation.rankingKey), "direction": .string(aggregation.direction.rawValue),
          "value_field": .string(aggregation.valueField),
          "ties": .array(aggregation.ties.map { .string($0.rawValue) }),
          "metrics_window_seconds": JSON(metricsWindowSeconds),
        ]),
        "metrics": .array(metrics.map(metric)), "ensembles": .array(ensembles.map(\.json)),
        "emission": emission.json, "on_chain": wallets.json,
        "callables": .object(
          JSONObject(
            [("scoring", .string("\(scoring)"))] + callables.names.map { ($0.point.rawValue, .string($0.name)) })),
        "limits": .object(
          limits.merging(JSONObject(own.map { ("unknown_\($0.key)_fields", .string($0.shape.unknown.rawValue)) }))),
      ]))
  }

  private var limits: JSONObject {
    [
      "output_bytes": JSON(maxOutputBytes), "ground_truth_staleness": .double(maxGroundTruthStalenessFraction),
      "unknown_output_fields": .string(unknownFields.rawValue),
    ]
  }

  /// A built-in metric is its name, one of the competition its name with the function.
  private func metric(_ name: String) -> JSON {
    metricFunctions[name].map { .object(JSONObject([(name, .string("\($0)"))])) } ?? .string(name)
  }

  /// SHA-256 of `json` as text, in hexadecimal: two contracts with one digest mean the same.
  public var digest: String { SHA256.hash(data: Array(json.text.utf8)).hexadecimal }

  /// The contract as a file that says everything.
  public var yaml: String {
    get throws { try Yams.serialize(node: json.node, sortKeys: false) }
  }
}

extension CrunchContract.OutputField {
  fileprivate var json: JSON {
    var object: JSONObject = ["type": .string(type.rawValue)]
    object["default"] = defaultValue
    object["minimum"] = minimum.map(JSON.double)
    object["maximum"] = maximum.map(JSON.double)
    if !examples.isEmpty { object["examples"] = .array(examples) }
    return .object(object)
  }
}

extension CrunchContract.ModelCall {
  fileprivate var json: JSONObject {
    var object: JSONObject = [:]
    object["update"] = updateMethod.map(JSON.string)
    object["method"] = .string(method)
    object["arguments"] = .array(arguments.map { .object(JSONObject([($0.name, .string($0.type.rawValue))])) })
    return object
  }
}

extension Ensemble {
  fileprivate var json: JSON {
    .object([
      "name": .string(name), "strategy": .string(strategyName), "filter": filter.json, "enabled": .bool(isEnabled),
    ])
  }

  /// Built-in ones by their names alone, as the original has them.
  private var strategyName: String {
    if case .builtin(let own) = strategy { own.rawValue } else { "\(strategy)" }
  }
}

extension EnsembleFilter {
  fileprivate var json: JSON {
    switch self {
    case .all: "all"
    case .top(let count): ["top_n": JSON(count)]
    case .topShare(let share): ["top_share": .double(share)]
    case .minimum(let metric, let least): ["min_metric": .string(metric), "at_least": .double(least)]
    case .maximum(let metric, let most): ["max_metric": .string(metric), "at_most": .double(most)]
    case .answers(let count): ["min_answers": JSON(count)]
    case .function(let function): .string("\(function)")
    }
  }
}

extension Wallets {
  fileprivate var json: JSON {
    var object: JSONObject = [:]
    if !crunch.isEmpty { object["crunch_pubkey"] = .string(crunch) }
    object["compute_provider"] = compute.map(JSON.string)
    object["data_provider"] = data.map(JSON.string)
    return .object(object)
  }
}

extension EmissionRule {
  fileprivate var json: JSON {
    switch self {
    case .tiers: ["strategy": "tiers"]
    case .ownTiers(let tiers):
      [
        "strategy": "tiers",
        "tiers": .array(tiers.map { ["through": JSON($0.lastRank), "percent": .double($0.percent)] }),
      ]
    case .contribution(let rule):
      [
        "strategy": "contribution", "rank_weight": .double(rule.rankWeight),
        "contribution_weight": .double(rule.contributionWeight), "diversity_weight": .double(rule.diversityWeight),
        "floor": .double(rule.floor),
      ]
    }
  }
}

extension ScheduledPredictionConfig {
  fileprivate var json: JSON {
    .object([
      "scope_key": .string(scopeKey), "scope_template": .object(scopeTemplate),
      "schedule": .object([
        "prediction_interval_seconds": JSON(schedule.predictionIntervalSeconds),
        "resolve_horizon_seconds": JSON(schedule.resolveAfterSeconds),
      ]),
      "active": .bool(isActive), "order": JSON(order), "meta": .object(meta),
    ])
  }
}

extension JSON {
  fileprivate var node: Node {
    switch self {
    case .null: Node("null", Tag(.null))
    case .bool(let flag): Node(flag ? "true" : "false", Tag(.bool))
    case .int(let number): Node(String(number), Tag(.int))
    case .double(let number): Node("\(number)", Tag(.float))
    // Quoted where it would be read as something else.
    case .string(let text): Node(text, Tag(.str), text.isEmpty || !Node(text).isTextOnly ? .doubleQuoted : .any)
    case .array(let values): Node(values.map(\.node), Tag(.seq), values.isEmpty ? .flow : .any)
    case .object(let object):
      Node(object.map { (Node($0.key), $0.value.node) }, Tag(.map), object.isEmpty ? .flow : .any)
    }
  }
}

extension Node {
  /// Whether a plain scalar of this text is a text to every reader.
  fileprivate var isTextOnly: Bool { int == nil && float == nil && bool == nil && null == nil }
}
