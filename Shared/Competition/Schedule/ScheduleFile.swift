/// Why a file of prediction configs was refused: every problem with its place.
public struct ScheduleFileError: Error, Sendable, Hashable, CustomStringConvertible {
  public var problems: [String]
  public var description: String { problems.joined(separator: "\n") }
}

/// The JSON file of `SCHEDULED_PREDICTION_CONFIGS_PATH`: a list of `{scope_key, scope_template, schedule, active, order,
/// meta}`. Numbers are read as leniently as the original reads them: `"15"`, `15.0` and `true` are whole numbers.
public enum ScheduleFile {
  /// Used where no file is given: what 0.1.1 comes with, under the keys that the call really reads.
  public static let `default` = [
    ScheduledPredictionConfig(
      id: "", scopeKey: "BTC-60-60",
      scopeTemplate: ["subject": "BTC", "horizon_seconds": 60, "step_seconds": 60],
      schedule: .init(predictionIntervalSeconds: 60, resolveAfterSeconds: 60), order: 1)
  ]

  /// - Parameter shortestHorizon: the granularity of the feed's candles in seconds; a horizon below it, other than 0,
  ///   would never see a move (decision 6).
  public static func configs(
    from json: JSON, shortestHorizon: Int = 0
  ) throws(ScheduleFileError) -> [ScheduledPredictionConfig] {
    guard let list = json.array else { throw ScheduleFileError(problems: ["the file must hold a list of configs"]) }
    var problems: [String] = []
    var configs: [ScheduledPredictionConfig] = []
    var keys: [String: Int] = [:]
    for (index, item) in list.enumerated() {
      var reader = Reader(place: "[\(index)]", json: item)
      let config = reader.config()
      problems += reader.problems
      guard let config, reader.problems.isEmpty else { continue }
      let horizon = config.schedule.resolveAfterSeconds
      if horizon != 0, horizon < shortestHorizon {
        problems.append(
          "[\(index)].schedule: a horizon of \(horizon) s is shorter than the feed's candles of \(shortestHorizon) s; "
            + "take a finer FEED_GRANULARITY or a longer horizon")
      }
      if let other = keys[RecordIDs.safe(config.scopeKey)], config.isActive {
        problems.append("[\(index)].scope_key: gives the same ids as that of [\(other)]; choose another")
      }
      if config.isActive { keys[RecordIDs.safe(config.scopeKey)] = index }
      configs.append(config)
    }
    if !problems.isEmpty { throw ScheduleFileError(problems: problems) }
    return configs
  }

  /// Longest interval and horizon: a hundred years, so that times that they are added to stay in their range.
  public static let longestSeconds = 100 * 365 * 86_400

  /// Reads one config and notes what is wrong with it.
  private struct Reader {
    let place: String
    let json: JSON
    var problems: [String] = []

    mutating func config() -> ScheduledPredictionConfig? {
      guard let object = json.object else {
        problems.append("\(place): must be an object")
        return nil
      }
      guard let scopeKey = object["scope_key"]?.string, !scopeKey.isEmpty else {
        problems.append("\(place).scope_key: must be a text that is not empty")
        return nil
      }
      let template = self.object(object, "scope_template")
      let meta = self.object(object, "meta")
      let order = integer(object, "order", default: 0, in: Int(Int32.min)...Int(Int32.max), place)
      let active = boolean(object, "active", default: true)
      let schedule = self.schedule(object)
      return ScheduledPredictionConfig(
        id: "", scopeKey: scopeKey, scopeTemplate: template, schedule: schedule, isActive: active, order: order,
        meta: meta)
    }

    private mutating func schedule(_ object: JSONObject) -> ScheduledPredictionConfig.Schedule {
      guard let value = object["schedule"] else { return .init() }
      guard let schedule = value.object else {
        problems.append("\(place).schedule: must be an object")
        return .init()
      }
      let schedulePlace = "\(place).schedule"
      let key = schedule["resolve_horizon_seconds"] == nil ? "resolve_after_seconds" : "resolve_horizon_seconds"
      return .init(
        predictionIntervalSeconds: integer(
          schedule, "prediction_interval_seconds", default: 60, in: 1...longestSeconds, schedulePlace),
        resolveAfterSeconds: integer(schedule, key, default: 0, in: 0...longestSeconds, schedulePlace))
    }

    private mutating func object(_ parent: JSONObject, _ key: String) -> JSONObject {
      guard let value = parent[key] else { return [:] }
      if let object = value.object { return object }
      problems.append("\(place).\(key): must be an object")
      return [:]
    }

    private mutating func boolean(_ parent: JSONObject, _ key: String, default fallback: Bool) -> Bool {
      guard let value = parent[key] else { return fallback }
      switch value {
      case .bool(let value): return value
      case .int(0), .double(0): return false
      case .int(1), .double(1): return true
      case .string(let text):
        switch text.lowercased() {
        case "true", "t", "yes", "y", "on", "1": return true
        case "false", "f", "no", "n", "off", "0": return false
        default: break
        }
      default: break
      }
      problems.append("\(place).\(key): must be true or false")
      return fallback
    }

    private mutating func integer(
      _ parent: JSONObject, _ key: String, default fallback: Int, in range: ClosedRange<Int>, _ place: String
    ) -> Int {
      guard let value = parent[key] else { return fallback }
      if let number = Self.wholeNumber(value), range.contains(number) { return number }
      problems.append(
        "\(place).\(key): must be a whole number of at least \(range.lowerBound), at most \(range.upperBound), "
          + "not \(value.text)")
      return fallback
    }

    private static func wholeNumber(_ value: JSON) -> Int? {
      switch value {
      case .int(let number): return Int(number)
      case .double(let number): return Int(exactly: number)
      case .bool(let flag): return flag ? 1 : 0
      case .string(let text):
        guard text.allSatisfy({ $0.isNumber || "+-._ \n\t".contains($0) }) else { return nil }
        return JSON.string(text).floatValue.flatMap { Int(exactly: $0) }
      default: return nil
      }
    }
  }
}
