import Competition

@testable import PredictWorker

/// Times, records and slots that the tests of the predict worker share.
enum Sample {
  /// 2026-02-13 16:27:00 UTC
  static let minute = Timestamp(seconds: 1_771_000_020)
  static let ticks = FeedKey(source: "pyth", subject: "BTC", kind: .tick, granularity: "1s")
  static let candles = FeedKey(source: "binance", subject: "BTC", kind: .candle, granularity: "1m")

  /// A tick this many seconds after the minute.
  static func tick(_ second: Double, subject: String = "BTC") -> FeedRecord {
    var key = ticks
    key.subject = subject
    let time = minute.adding(seconds: second)
    return FeedRecord(key: key, eventTime: time, ingestedTime: time, values: ["price": 1])
  }

  /// A candle of a minute that opens this many minutes after the first.
  static func candle(_ number: Int, close: Double = 1, closed: Bool = true) -> FeedRecord {
    let time = minute.adding(seconds: 60 * number)
    return FeedRecord(
      key: candles, eventTime: time, ingestedTime: time.adding(seconds: 60), values: ["close": .double(close)],
      meta: [FeedRecord.closedMetaKey: .bool(closed)])
  }

  static func config(
    _ id: String = "CFG_001", scopeKey: String = "BTC-60", template: JSONObject = [:], every interval: Int = 60,
    horizon: Int = 60
  ) -> ScheduledPredictionConfig {
    ScheduledPredictionConfig(
      id: id, scopeKey: scopeKey, scopeTemplate: template,
      schedule: .init(predictionIntervalSeconds: interval, resolveAfterSeconds: horizon))
  }

  static func slot(
    config: String = "CFG_001", input: String = "INP", scopeKey: String = "BTC-60", at time: Timestamp = minute
  ) -> PredictionSlot {
    PredictionSlot(
      configID: config, subject: "BTC", slot: time.seconds / 60, inputID: input, scopeKey: scopeKey,
      scope: ["subject": "BTC"], performedAt: time.adding(seconds: 0.25), resolvableAt: time.adding(seconds: 60.25),
      deadlineAt: time.adding(seconds: 6.25))
  }

  static func open(_ slot: PredictionSlot = slot(), models: [String] = ["m"]) -> OpenSlot {
    OpenSlot(slot, modelIDs: models, configs: [config(slot.configID)])
  }

  static func model(_ id: String) -> Model {
    Model(id: id, name: id, playerID: "", playerName: "", deploymentIdentifier: "", createdAt: minute)
  }
}
