import Bus
import Callables
import Competition

public struct ScoreSettings: Sendable {
  public var feed: FeedSettings
  public var contract: CrunchContract
  public var bucketSeconds: Int
  public var concurrency: Int
  public var batchSize: Int
  public var leaseSeconds: Int
  public var drainSeconds: Int
  public var scoreTimeoutSeconds: Double
  public var policy: WorkPolicy
  public var graceSeconds: Int
  public var maxWaitSeconds: Int
  public var scoring: ScoringSource

  public init(_ reader: inout SettingsReader) {
    feed = FeedSettings(&reader)
    contract = reader.contract()
    bucketSeconds = reader.value(.scoreInterval)
    concurrency = reader.value(
      .integer(
        "SCORE_CONCURRENCY", default: 4, in: 1...64,
        "Batches that one worker handles at the same time, and inputs of a batch that it scores at the same time."))
    batchSize = reader.value(
      .integer("SCORE_BATCH_SIZE", default: 1_000, in: 1...10_000, "Predictions in a batch, about."))
    leaseSeconds = reader.value(
      .integer(
        "BUS_LEASE_SECONDS", default: 30, in: 1...3_600, "How long work belongs to a worker that does not renew it."))
    policy = WorkPolicy(
      maxDeliveries: reader.value(
        .integer(
          "BUS_MAX_DELIVERIES", default: 8, in: 2...1_000,
          "How often work is handed out before it is given up and becomes a dead letter.")))
    scoreTimeoutSeconds = reader.value(
      .number(
        "SCORE_TIMEOUT_SECONDS", default: 30, atLeast: 0.01,
        "Longest that the scoring function may take for the predictions of one input."))
    drainSeconds = reader.value(
      .integer(
        "DRAIN_SECONDS", default: 10, in: 0...50,
        "How long a worker that is asked to end may finish what it has; then it hands it on."))
    graceSeconds = reader.graceSeconds()
    maxWaitSeconds = reader.value(
      .integer(
        "GROUND_TRUTH_MAX_WAIT_SECONDS", default: 86_400, in: 1...2_592_000,
        "How long a prediction waits for its truth before it fails."))
    scoring = reader.scoring(of: contract, timeoutSeconds: scoreTimeoutSeconds)
  }
}
