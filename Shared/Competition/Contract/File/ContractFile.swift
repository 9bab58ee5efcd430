import Yams

/// The file of `CRUNCH_CONTRACT`: what a competition is about, in YAML. What it leaves out is as in `CrunchContract.default`.
///
///     output: {value: {type: float, default: 0, minimum: -1, maximum: 1}}
///     score: {value: float, net_pnl: {type: float, default: 0}}
///     scope: {subject: BTC, horizon_seconds: 60, step_seconds: 15}
///     call: {update: tick, method: predict, arguments: [{subject: STRING}, {resolve_horizon_seconds: INT}]}
///     rounds: {answer_seconds: 60, truth_seconds: 2592000}
///     schedules: [{scope_key: BTC-60, schedule: {prediction_interval_seconds: 15, resolve_horizon_seconds: 60}}]
///     aggregation: {windows: {score_recent: 24}, ranking_key: score_recent, direction: desc, value_field: value}
///     metrics: [ic, hit_rate, model_correlation, my_crunch.metrics:edge, {drift: lib:drift.so#drift}]
///     ensembles: [{name: main, strategy: inverse_variance, filter: {top_n: 5}}]
///     emission: {strategy: tiers, tiers: [{through: 1, percent: 35}, {through: 5, percent: 10}]}
///     on_chain: {crunch_pubkey: 9xQe…, compute_provider: 4tUv…, data_provider: 7mNp…}
///     callables: {scoring: builtin:directional, aggregate_snapshot: builtin:mean}
///     limits: {output_bytes: 65536, ground_truth_staleness: 0.2, unknown_output_fields: keep, unknown_score_fields: refuse}
public enum ContractFile {
  private static let sections = [
    "output", "raw_input", "inference_input", "score", "ground_truth", "scope", "call", "rounds", "schedules",
    "aggregation", "metrics", "ensembles", "emission", "on_chain", "callables",
    "limits",
  ]

  private static let aggregationKeys = [
    "windows", "ranking_key", "direction", "value_field", "ties", "metrics_window_seconds",
  ]

  /// - Parameter meant: what the contract becomes by variables that go before the file: names in it must be those of the
  ///   functions that are called.
  /// - Throws: every problem of the file at once.
  public static func contract(
    from text: String, as meant: (CrunchContract) -> CrunchContract = { $0 }
  ) throws(ContractError) -> CrunchContract {
    var reader = ContractReader()
    let root = try Self.root(text)
    let (contract, sections) = try contract(root, &reader)
    reader.checkNames(of: meant(contract), sections)
    guard reader.problems.isEmpty else { throw ContractError(problems: reader.problems) }
    return contract
  }

  /// The contract of a text that a node stored: a variable may have changed a function since its file was checked, so that
  /// names in it need not be those of the functions.
  public static func contract(stored text: String) throws(ContractError) -> CrunchContract {
    var reader = ContractReader()
    let contract = try contract(Self.root(text), &reader).contract
    guard reader.problems.isEmpty else { throw ContractError(problems: reader.problems) }
    return contract
  }

  private static func root(_ text: String) throws(ContractError) -> ContractReader.Place? {
    do {
      return try Yams.compose(yaml: text).map { ContractReader.Place(node: $0, path: "") }
    } catch let error as YamlError {
      throw ContractError(problems: [problem(error)])
    } catch {
      throw ContractError(problems: [ContractProblem(line: 1, column: 1, path: "", message: "\(error)")])
    }
  }

  private static func problem(_ error: YamlError) -> ContractProblem {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      ContractProblem(line: mark.line, column: mark.column, path: "", message: "is no YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      ContractProblem(
        line: context.mark.line, column: context.mark.column, path: "",
        message: "has \(duplicates.map { "\($0)" }.joined(separator: ", ")) twice in one mapping")
    default: ContractProblem(line: 1, column: 1, path: "", message: "is no YAML: \(error)")
    }
  }

  private static func contract(
    _ root: ContractReader.Place?, _ reader: inout ContractReader
  ) throws(ContractError) -> (contract: CrunchContract, sections: [String: ContractReader.Place]) {
    let sections = reader.section(root, keys: Self.sections)
    var contract = CrunchContract.default
    if let output = sections["output"] { contract.output = fields(output, &reader) }
    let limits = reader.section(
      sections["limits"],
      keys: ["output_bytes", "ground_truth_staleness", "unknown_output_fields"]
        + ContractShapes().sections.map { "unknown_\($0.key)_fields" })
    func shape(_ key: String) -> CrunchContract.Shape {
      let unknown = limits["unknown_\(key)_fields"]
      let shape = CrunchContract.Shape(
        sections[key].map { fields($0, &reader) } ?? [], unknown: reader.word(unknown, default: .keep))
      if let unknown, shape.fields.isEmpty, shape.unknown == .refuse {
        reader.refuse(unknown, "needs the section \(key): without fields all are unknown")
      }
      return shape
    }
    contract.shapes = ContractShapes(
      rawInput: shape("raw_input"), inferenceInput: shape("inference_input"), score: shape("score"),
      groundTruth: shape("ground_truth"))
    contract.scope = scope(sections["scope"], &reader)
    contract.call = call(sections["call"], &reader)
    contract.rounds = reader.rounds(sections["rounds"])
    contract.schedules = schedules(sections["schedules"], &reader)
    contract.aggregation = aggregation(sections["aggregation"], &reader)
    contract.metrics = reader.metrics(sections["metrics"], &contract.metricFunctions)
    contract.metricsWindowSeconds = reader.integer(
      sections["aggregation"]?.member("metrics_window_seconds"), default: contract.metricsWindowSeconds,
      in: CrunchContract.metricsWindowRange, unit: "seconds")
    contract.ensembles = reader.ensembles(sections["ensembles"], metrics: contract.metrics)
    contract.emission = reader.emission(sections["emission"])
    contract.wallets = reader.wallets(sections["on_chain"])
    let callables = reader.section(
      sections["callables"], keys: ["scoring"] + ExtensionPoint.allCases.map(\.rawValue))
    contract.scoring = reader.callable(callables["scoring"], default: contract.scoring)
    contract.callables = reader.callables(callables)
    contract.maxOutputBytes = reader.integer(
      limits["output_bytes"], default: contract.maxOutputBytes, in: 2...16_777_216, unit: "bytes")
    contract.maxGroundTruthStalenessFraction =
      reader.number(limits["ground_truth_staleness"], in: 0...1) ?? contract.maxGroundTruthStalenessFraction
    contract.unknownFields = reader.word(limits["unknown_output_fields"], default: contract.unknownFields)
    return (contract, sections)
  }

  /// A field is its type alone, and then required, or a mapping of `type`, `default`, `minimum`, `maximum` and
  /// `examples`.
  private static func fields(
    _ place: ContractReader.Place, _ reader: inout ContractReader
  ) -> [CrunchContract.OutputField] {
    let members = reader.members(place, known: nil)
    if members.isEmpty { reader.refuse(place, "must name at least one field, such as value: {type: float}") }
    return members.map { name, place in
      guard place.node.mapping != nil else {
        return CrunchContract.OutputField(name: name, type: reader.word(place, default: .float), defaultValue: nil)
      }
      let spec = reader.section(place, keys: ["type", "default", "minimum", "maximum", "examples"])
      var field = CrunchContract.OutputField(
        name: name, type: reader.word(spec["type"], default: .float),
        defaultValue: spec["default"].map { reader.json($0) })
      let everything = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
      field.minimum = reader.number(spec["minimum"], in: everything)
      field.maximum = reader.number(spec["maximum"], in: everything)
      if let low = field.minimum, let high = field.maximum, low > high, let place = spec["maximum"] {
        reader.refuse(place, "must not be less than the minimum of \(low)")
      }
      if field.type != .float, field.type != .int, let bound = spec["minimum"] ?? spec["maximum"] {
        reader.refuse(bound, "is for numbers; the field is of type \(field.type.rawValue)")
      } else if let value = field.defaultValue, let place = spec["default"],
        let wrong = OutputCheck.problem(value, field)
      {
        reader.refuse(place, wrong)
      }
      if let examples = spec["examples"] { field.examples = Self.examples(examples, of: field, &reader) }
      return field
    }
  }

  /// Values as the field's type has them; a wrong one is refused at its own place.
  private static func examples(
    _ place: ContractReader.Place, of field: CrunchContract.OutputField, _ reader: inout ContractReader
  ) -> [JSON] {
    let items = reader.items(place)
    if items.isEmpty { reader.refuse(place, "must name at least one value, such as [UP, DOWN]") }
    return items.compactMap { item in
      let value = reader.json(item)
      if let wrong = OutputCheck.problem(value, field) { reader.refuse(item, wrong) }
      return OutputCheck.coerce(value, field.type)
    }
  }

  private static func scope(
    _ place: ContractReader.Place?, _ reader: inout ContractReader
  ) -> CrunchContract.Scope {
    let keys = reader.section(place, keys: ["subject", "horizon_seconds", "step_seconds"])
    let fallback = CrunchContract.Scope()
    return CrunchContract.Scope(
      subject: reader.text(keys["subject"], default: fallback.subject),
      horizonSeconds: reader.integer(
        keys["horizon_seconds"], default: fallback.horizonSeconds, in: 0...ScheduleFile.longestSeconds, unit: "seconds"),
      stepSeconds: reader.integer(
        keys["step_seconds"], default: fallback.stepSeconds, in: 1...ScheduleFile.longestSeconds, unit: "seconds"))
  }

  private static func call(
    _ place: ContractReader.Place?, _ reader: inout ContractReader
  ) -> CrunchContract.ModelCall {
    let keys = reader.section(place, keys: ["update", "method", "arguments"])
    var call = CrunchContract.ModelCall()
    if let update = keys["update"] {
      call.updateMethod = reader.word(update, default: CrunchContract.ModelCall.Update.tick).rawValue
    }
    call.method = reader.text(keys["method"], default: call.method)
    if let arguments = keys["arguments"] {
      call.arguments = reader.items(arguments).compactMap { item in
        let members = reader.members(item, known: nil)
        guard let argument = members.first, members.count == 1 else {
          reader.refuse(item, "must be one name with its type, such as subject: STRING")
          return nil
        }
        return CrunchContract.ModelCall.Argument(
          name: argument.key, type: reader.word(argument.place, default: .string))
      }
    }
    return call
  }

  private static func schedules(
    _ place: ContractReader.Place?, _ reader: inout ContractReader
  ) -> [ScheduledPredictionConfig]? {
    guard let place else { return nil }
    let items = reader.items(place)
    do {
      return try ScheduleFile.configs(from: .array(items.map { reader.json($0) }))
    } catch {
      for problem in error.problems {
        // `[2].scope_key: …` is about the third.
        let index = Int(problem.dropFirst().prefix { $0.isNumber })
        let item = index.flatMap { items.indices.contains($0) ? items[$0] : nil } ?? place
        reader.refuse(ContractReader.Place(node: item.node, path: "schedules"), problem)
      }
      return nil
    }
  }

  private static func aggregation(
    _ place: ContractReader.Place?, _ reader: inout ContractReader
  ) -> CrunchContract.Aggregation {
    let keys = reader.section(place, keys: aggregationKeys)
    var aggregation = CrunchContract.Aggregation()
    if let windows = keys["windows"] {
      aggregation.windows = reader.members(windows, known: nil).map { name, place in
        .init(name: name, hours: reader.integer(place, default: 24, in: 1...87_600, unit: "hours"))
      }
      if aggregation.windows.isEmpty { reader.refuse(windows, "must name at least one window with its hours") }
    }
    let firstWindow = aggregation.windows.first?.name ?? aggregation.rankingKey
    aggregation.rankingKey = reader.text(keys["ranking_key"], default: firstWindow)
    aggregation.direction = reader.word(keys["direction"], default: aggregation.direction)
    aggregation.valueField = reader.text(keys["value_field"], default: aggregation.valueField)
    if let ties = keys["ties"] {
      aggregation.ties = reader.items(ties).map { reader.word($0, default: TieBreaker.modelID) }
    }
    return aggregation
  }
}
