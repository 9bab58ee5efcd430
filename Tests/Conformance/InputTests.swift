import Competition
import Testing
import VectorKit

@Suite("Inputs, outputs and configs are read as the original reads them")
struct InputTests {
  /// Answers that are not finite are refused (original-faults 1); 0.1.1 takes answers without any known field, 0.1.101 and
  /// ours do not.
  @Test("answers of models", arguments: ["v011", "v101"])
  func output(version: String) throws {
    for item in try Vectors("\(version)_model_output").cases {
      let answer = item.input["output"] ?? .null
      let isKnown = answer["value"] != nil
      let expected = try #require(item.expected?["normalized"] ?? .null)
      let result = OutputCheck.check(answer, against: CrunchContract.default.output, maxBytes: 65_536)
      switch result {
      case .valid(let ours): #expect(agree(.object(ours), expected), "\(item)")
      case .invalid(let reason, _):
        #expect(expected.isNull || !expected.isFinite || (version == "v011" && !isKnown), "\(item): \(reason)")
      }
    }
  }

  /// 0.1.101 refuses schedule keys that it does not know, 0.1.1 and ours allow them. An id in a file is ignored at seeding.
  @Test("configs of the schedule", arguments: ["v011", "v101"])
  func configs(version: String) throws {
    let known: Set = ["prediction_interval_seconds", "resolve_after_seconds", "resolve_horizon_seconds"]
    for item in try Vectors("\(version)_scheduled_config").cases {
      let config = item.input["config"] ?? .null
      let schedule = config["schedule"]?.object ?? [:]
      guard schedule.keys.allSatisfy(known.contains), !(schedule["resolve_after_seconds"] != nil && version == "v101"),
        !(schedule["resolve_horizon_seconds"] != nil && version == "v011"),
        config["id"] == nil || config["id"]?.string != nil
      else { continue }
      do {
        let ours = try #require(try ScheduleFile.configs(from: .array([config])).first)
        let theirs = item.expected?["value"] ?? .null
        #expect(item.expected?["valid"] == true, "\(item): taken")
        #expect(ours.scopeKey == theirs["scope_key"]?.string, "\(item)")
        #expect(ours.isActive == theirs["active"]?.bool, "\(item)")
        #expect(JSON(ours.order) == theirs["order"], "\(item)")
        #expect(
          JSON(ours.schedule.predictionIntervalSeconds) == theirs["schedule"]?["prediction_interval_seconds"], "\(item)"
        )
        let horizon = theirs["schedule"]?["resolve_after_seconds"] ?? theirs["schedule"]?["resolve_horizon_seconds"]
        #expect(JSON(ours.schedule.resolveAfterSeconds) == horizon, "\(item)")
      } catch let error as ScheduleFileError {
        #expect(item.expected?["valid"] == false, "\(item): \(error)")
      }
    }
  }

  /// The original takes the oldest records of a table that has more than the window, ours the newest: compared where the
  /// table has no more.
  @Test("the window of 0.1.1")
  func window() throws {
    for item in try Vectors("v011_feed_input").cases {
      guard let expected = item.expected, let size = item.input["window_size"]?.int else { continue }
      let records = try records(item.input)
      guard records.count <= size, expected.isFinite else { continue }
      let ours = ModelInput.candles(
        window: records, subject: item.input["subject"]?.string ?? "", now: try #require(item.input["now"]?.time))
      #expect(agree(.object(ours), expected), "\(item): \(JSON.object(ours).text)")
    }
  }

  /// A window of ours is of one feed: what the normaliser of 0.1.101 leaves out because it is of another kind is not in it. Its
  /// ticks are a list of their own, ours become flat candles (decision 6): times and prices are compared, where a tick has one
  /// price. An empty window is as of now, here 1970.
  @Test("the candles and ticks of 0.1.101")
  func normaliser() throws {
    var compared: [FeedKind: Int] = [:]
    for item in try Vectors("v101_feed_normalizers").cases {
      guard let expected = item.expected, expected.isFinite else { continue }
      let kind = FeedKind(rawValue: item.input["normalizer"]?.string ?? "candle")
      let window = try records(item.input).filter { $0.key.kind == kind }
      let ours = ModelInput.candles(
        window: window, subject: item.input["subject"]?.string ?? "", now: Timestamp(seconds: 0))
      if kind == .candle {
        #expect(agree(.object(ours), expected), "\(item): \(JSON.object(ours).text)")
      } else {
        guard !window.contains(where: { $0.values["price"] != nil && $0.values["close"] != nil }) else { continue }
        let ticks = (ours["candles_1m"]?.array ?? []).map { candle -> JSON in
          ["ts": candle["ts"] ?? .null, "price": candle["close"] ?? .null]
        }
        let same: JSON = [
          "symbol": ours["symbol"] ?? .null, "asof_ts": ours["asof_ts"] ?? .null, "ticks": .array(ticks),
        ]
        #expect(agree(same, expected), "\(item): \(JSON.object(ours).text)")
      }
      compared[kind, default: 0] += window.isEmpty ? 0 : 1
    }
    #expect(compared[.candle] ?? 0 > 3 && compared[.tick] ?? 0 > 3)
  }

  private func records(_ input: JSON) throws -> [FeedRecord] {
    try (input["records"]?.array ?? []).map { record in
      let moment = record["ts_event"] ?? .null
      let time = try #require(moment.time ?? moment.number.map { Timestamp(microseconds: Int64($0 * 1e6)) })
      return FeedRecord(
        key: FeedKey(
          source: "", subject: "", kind: FeedKind(rawValue: record["kind"]?.string ?? ""), granularity: "1m"),
        eventTime: time, ingestedTime: time, values: record["values"]?.object ?? [:])
    }
  }
}
