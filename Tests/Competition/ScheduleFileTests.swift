import Competition
import Testing

@Suite("The file of prediction configs")
struct ScheduleFileTests {
  private func problems(_ text: String, shortestHorizon: Int = 0) throws -> [String] {
    do {
      _ = try ScheduleFile.configs(from: JSON(parsing: text), shortestHorizon: shortestHorizon)
      return []
    } catch let error as ScheduleFileError {
      return error.problems
    }
  }

  @Test("all that is wrong is told at once, each with its place")
  func allAtOnce() throws {
    let found = try problems(
      """
      [{"scope_key": "good"}, 7, {"scope_key": ""}, {},
       {"scope_key": "x", "order": "first", "active": "maybe", "meta": [], "scope_template": "BTC",
        "schedule": {"prediction_interval_seconds": 0, "resolve_after_seconds": -1}},
       {"scope_key": "y", "schedule": null}]
      """)
    let places = found.map { String($0.prefix { $0 != ":" }) }
    #expect(
      places.sorted() == [
        "[1]", "[2].scope_key", "[3].scope_key", "[4].active", "[4].meta", "[4].order",
        "[4].schedule.prediction_interval_seconds", "[4].schedule.resolve_after_seconds", "[4].scope_template",
        "[5].schedule",
      ])
    let interval = try #require(found.first { $0.contains("prediction_interval_seconds") })
    #expect(interval.contains("at least 1") && interval.hasSuffix("not 0"))
  }

  @Test("a file that holds no list is refused", arguments: ["{}", "null", "\"x\"", "1"])
  func noList(text: String) throws {
    #expect(try problems(text).count == 1)
  }

  @Test("one good config beside bad ones does not make the file good")
  func noneTaken() {
    #expect(throws: ScheduleFileError.self) {
      try ScheduleFile.configs(from: [["scope_key": "good"], ["scope_key": 1]])
    }
  }

  @Test("scope keys that give the same ids are refused while both are active")
  func collidingKeys() throws {
    let found = try problems(#"[{"scope_key": "BTC/60"}, {"scope_key": "ETH"}, {"scope_key": "BTC_60"}]"#)
    #expect(found.count == 1)
    #expect(found[0].hasPrefix("[2].scope_key:") && found[0].contains("[0]"))
    #expect(try problems(#"[{"scope_key": "BTC/60", "active": false}, {"scope_key": "BTC_60"}]"#).isEmpty)
  }

  @Test("a horizon shorter than the feed's candles would never see a move; 0 needs none")
  func shortHorizon() throws {
    func found(_ horizon: Int) throws -> [String] {
      try problems(
        #"[{"scope_key": "x", "schedule": {"resolve_horizon_seconds": \#(horizon)}}]"#, shortestHorizon: 60)
    }
    #expect(try found(0).isEmpty && found(60).isEmpty)
    let short = try found(59)
    #expect(short.count == 1 && short[0].contains("59 s") && short[0].contains("60 s"))
  }

  @Test("both names of the horizon are read, and numbers as leniently as the original reads them")
  func lenient() throws {
    let configs = try ScheduleFile.configs(
      from: [
        ["scope_key": "a", "schedule": ["prediction_interval_seconds": "15", "resolve_after_seconds": 30.0]],
        ["scope_key": "b", "schedule": ["resolve_horizon_seconds": 90], "order": true, "active": "off"],
        ["scope_key": "c"],
      ])
    #expect(configs.map(\.schedule.predictionIntervalSeconds) == [15, 60, 60])
    #expect(configs.map(\.schedule.resolveAfterSeconds) == [30, 90, 0])
    #expect(configs.map(\.order) == [0, 1, 0])
    #expect(configs.map(\.isActive) == [true, false, true])
  }

  @Test(
    "numbers that no clock can count are refused",
    arguments: ["prediction_interval_seconds", "resolve_after_seconds", "resolve_horizon_seconds"])
  func hugeNumbers(key: String) throws {
    for number in ["9223372036854775807", "1e18", "\"99999999999999999\"", "1e300"] {
      let found = try problems(#"[{"scope_key": "x", "schedule": {"\#(key)": \#(number)}}]"#)
      #expect(found.count == 1, "\(number)")
    }
  }

  @Test("the config that is used without a file passes the checks of a file")
  func defaults() throws {
    let config = try #require(ScheduleFile.default.first)
    #expect(config.templateSubject == "BTC")
    #expect(config.schedule == .init(predictionIntervalSeconds: 60, resolveAfterSeconds: 60))
    #expect(config.scopeTemplate["horizon_seconds"] == 60 && config.scopeTemplate["step_seconds"] == 60)
  }
}
