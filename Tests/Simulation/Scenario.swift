import Bus
import Competition

/// What happens in a world whoever works in it: a feed, models, and their answers. Drawn from a number, a few different
/// ones; the order and the time of all else is up to a schedule's own seed.
struct Scenario: Sendable {
  struct Arrival<Item: Sendable>: Sendable {
    var at: Duration
    var item: Item
  }

  struct Question: Sendable {
    var input: Input
    var predictions: [Prediction]
    var task: ScoreTask
  }

  static let count = 48
  static let bucketSeconds = 2
  static let checkpointSeconds = 4
  static let feed = FeedKey(source: "sim", subject: "BTC", kind: .tick, granularity: "1s")
  static let scope: JSONObject = ["source": "sim", "subject": "BTC", "kind": "tick", "granularity": "1s"]
  /// By then everything has arrived and is due.
  static let end: Duration = .seconds(10)
  static let endTime = VirtualClock.start.adding(seconds: 10)

  var models: [Model]
  var records: [Arrival<FeedRecord>]
  var questions: [Arrival<Question>]

  init(number: Int) {
    let dice = Dice(seed: UInt64(number) &+ 77)
    models = (0..<3).map { index in
      Model(
        id: "m\(index)", name: "model \(index)", playerID: "p\(index)", playerName: "player \(index)",
        deploymentIdentifier: "d", createdAt: VirtualClock.start.adding(seconds: index))
    }
    records = Self.records(dice)
    let models = models
    questions = (0..<(5 + dice.below(6))).map { Self.question($0, models, dice) }.sorted { $0.at < $1.at }
  }

  /// A tick a second. The feed may be late, and may stop for a while: truth is waited for then.
  private static func records(_ dice: Dice) -> [Arrival<FeedRecord>] {
    let stall = dice.below(8)
    var latest: Duration = .zero
    return (-3..<9).map { second in
      let lag = dice.milliseconds(second == stall ? 500...2_000 : 0...600)
      latest = max(latest, .seconds(second) + lag)
      let record = FeedRecord(
        key: feed, eventTime: VirtualClock.start.adding(seconds: second),
        ingestedTime: VirtualClock.start.adding(seconds: latest / .seconds(1)),
        values: ["price": .double(100 + 10 * dice.chance())])
      return Arrival(at: latest, item: record)
    }
  }

  private static func question(_ index: Int, _ models: [Model], _ dice: Dice) -> Arrival<Question> {
    let at = dice.milliseconds(0...3_500)
    let performed = VirtualClock.start.adding(seconds: at / .seconds(1))
    let due = performed.adding(seconds: dice.below(4))
    let id = "I\(index)"
    let answering = models.shuffled(by: dice).prefix(2 + dice.below(2))
    let predictions = answering.map { model in
      Prediction(
        id: "\(id)-\(model.id)", inputID: id, modelID: model.id, configID: nil, scopeKey: "BTC", scope: scope,
        status: .pending, output: ["value": .double(2 * dice.chance() - 1)], performedAt: performed, resolvableAt: due)
    }
    let question = Question(
      input: Input(id: id, rawData: ["profit": .double(dice.chance() - 0.5)], receivedAt: performed),
      predictions: predictions,
      task: ScoreTask(
        inputID: id, scopeKey: "BTC", configID: nil, subject: "BTC", performedAt: performed, resolvableAt: due))
    return Arrival(at: at, item: question)
  }
}

extension Array {
  fileprivate func shuffled(by dice: Dice) -> [Element] { dice.shuffled(self) }
}
