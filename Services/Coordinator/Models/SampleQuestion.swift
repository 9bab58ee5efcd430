import Competition
import Models
import ServiceKit
import Store

/// What models are asked for a trial: a scope as a slot would have it, and the data they are shown before.
struct SampleQuestion: Sendable {
  let contract: CrunchContract
  let scope: JSONObject
  let subject: String
  let horizonSeconds: Int
  private let settings: NodeSettings
  /// How it is asked.
  let call: CrunchContract.ModelCall

  /// - Parameter features: of a row, where rounds are all there is to be asked about.
  init(_ settings: NodeSettings, subject: String?, features: JSONObject = [:]) {
    self.settings = settings
    contract = settings.predict.contract
    guard !contract.hasOnlyRounds else {
      call = contract.call.ofRound
      self.subject = JSON.object(features).text
      horizonSeconds = 0
      scope = TournamentRound.scope("check-models", row: 0, features: features)
      return
    }
    call = contract.call
    let config = contract.schedules?.first(where: \.isActive)
    let asked = subject ?? config?.templateSubject ?? settings.predict.feed.subjects.first ?? contract.scope.subject
    let feed = settings.predict.feed
    horizonSeconds = config?.schedule.resolveAfterSeconds ?? contract.scope.horizonSeconds
    var scope: JSONObject = [
      "subject": .string(asked), "horizon_seconds": JSON(contract.scope.horizonSeconds),
      "step_seconds": JSON(contract.scope.stepSeconds),
    ]
    scope = scope.merging(config?.scopeTemplate ?? [:])
    scope["subject"] = .string(asked)
    scope["resolve_horizon_seconds"] = JSON(horizonSeconds)
    scope["source"] = .string(feed.source)
    scope["kind"] = .string(feed.kind.rawValue)
    scope["granularity"] = .string(feed.granularity.text)
    self.scope = scope
    self.subject = asked
  }

  /// Until when an answer would count, in seconds after dispatch.
  var deadlineSeconds: Double {
    guard !contract.hasOnlyRounds else { return contract.rounds.answerSeconds }
    let start = Timestamp(seconds: 0)
    return PredictionSchedule.deadline(
      performedAt: start, horizonSeconds: horizonSeconds, timeoutSeconds: settings.predict.modelTimeoutSeconds,
      override: settings.predict.predictDeadlineSeconds
    ).seconds(since: start)
  }

  private var key: FeedKey {
    let feed = settings.predict.feed
    return FeedKey(source: feed.source, subject: subject, kind: feed.kind, granularity: feed.granularity.text)
  }

  /// The first row of the newest round that has features; nil without a database or without one.
  static func storedFeatures(_ settings: NodeSettings) async -> JSONObject? {
    var database = settings.common.database
    database.applicationName = "coordinator"
    let store = Store(database, connections: 1)
    do {
      guard let input = try await store.rounds.list(limit: 100).lazy.compactMap(\.inputID).first else { return nil }
      return try await store.inputs.load(ids: [input]).first?.rawData["features"]?.array?.first?.object
    } catch {
      Terminal.complain("the features of the newest round cannot be read: \(error)")
      return nil
    }
  }

  /// The newest window of the feed; nil without a database or without records.
  func storedInput() async -> JSONObject? {
    var database = settings.common.database
    database.applicationName = "coordinator"
    let store = Store(database, connections: 1)
    do {
      let window = try await store.feeds.newest(of: key, limit: settings.predict.feed.windowRecords)
      return window.isEmpty ? nil : ModelInput.candles(window: window, subject: subject, now: Timestamp.now())
    } catch {
      Terminal.complain("models are shown made-up data, since the stored one cannot be read: \(error)")
      return nil
    }
  }

  /// As many candles as a window has, of a price that goes up and down.
  func madeUpInput() -> JSONObject {
    let feed = settings.predict.feed
    let step = feed.granularity.seconds
    let last = Timestamp.now().floored(toSeconds: step)
    let window = (0..<feed.windowRecords).map { number -> FeedRecord in
      let time = last.adding(seconds: (number - feed.windowRecords) * step)
      let open = 100 + Double((number * 7) % 13) / 13
      let close = 100 + Double(((number + 1) * 7) % 13) / 13
      return FeedRecord(
        key: FeedKey(source: key.source, subject: subject, kind: .candle, granularity: key.granularity),
        eventTime: time, ingestedTime: time.adding(seconds: step),
        values: [
          "open": .double(open), "high": .double(max(open, close) + 0.1), "low": .double(min(open, close) - 0.1),
          "close": .double(close), "volume": 1,
        ])
    }
    return ModelInput.candles(window: window, subject: subject, now: last)
  }
}
