import Foundation
import ServiceKit
import Testing

@Suite("The settings of the workers")
struct WorkerSettingsTests {
  private func read<Settings>(
    _ make: (inout SettingsReader) -> Settings, _ environment: [String: String] = [:]
  ) -> (settings: Settings, problems: [String]) {
    var reader = SettingsReader(environment: environment)
    let settings = make(&reader)
    return (settings, reader.problems.map(\.name))
  }

  @Test("the feed is the seed's: pyth, BTC, ticks of a second")
  func feedDefaults() {
    let (feed, problems) = read(FeedSettings.init)
    #expect(problems.isEmpty)
    #expect(feed.provider == "pyth" && feed.source == "pyth" && feed.subjects == ["BTC"])
    #expect(feed.kind == .tick && feed.granularity.text == "1s" && feed.pollSeconds == 5)
    #expect(feed.windowRecords == 120 && feed.recordTTLDays == 90 && feed.backfillMinutes == 180)
  }

  @Test("names are read as the original reads them: trimmed, in lower case, subjects as they are")
  func feedNames() {
    let feed = read(
      FeedSettings.init,
      [
        "FEED_PROVIDER": " Binance ", "FEED_KIND": "Candle", "FEED_SUBJECTS": "btcUSDT, ETH",
        "FEED_OPT_Depth_Limit": "5",
      ]
    ).settings
    #expect(feed.provider == "binance" && feed.source == "binance" && feed.kind == .candle)
    #expect(feed.keys.map(\.subject) == ["btcUSDT", "ETH"])
    #expect(feed.options == ["depth_limit": "5"])
    let renamed = read(FeedSettings.init, ["FEED_PROVIDER": "replay", "FEED_SOURCE": "binance"]).settings
    #expect(renamed.provider == "replay" && renamed.source == "binance")
  }

  @Test("FEED_POLL_SECONDS works, and goes before the option that the original reads")
  func pollSeconds() {
    #expect(read(FeedSettings.init, ["FEED_POLL_SECONDS": "0.5"]).settings.pollSeconds == 0.5)
    #expect(read(FeedSettings.init, ["FEED_OPT_POLL_SECONDS": "2"]).settings.pollSeconds == 2)
    #expect(
      read(FeedSettings.init, ["FEED_OPT_POLL_SECONDS": "2", "FEED_POLL_SECONDS": "3"]).settings.pollSeconds == 3)
  }

  @Test("a feed of nothing, or of candles without a length, is refused")
  func feedProblems() {
    #expect(
      read(FeedSettings.init, ["FEED_SUBJECTS": " , ", "FEED_GRANULARITY": "1w"]).problems.sorted() == [
        "FEED_GRANULARITY", "FEED_SUBJECTS",
      ])
  }

  @Test("the base class implies how models are fed")
  func baseClass() {
    #expect(read(PredictSettings.init).settings.updateMethod == "tick")
    let other = read(PredictSettings.init, ["MODEL_BASE_CLASSNAME": "cruncher.ModelBaseClass"]).settings
    #expect(other.updateMethod == "feed_update")
    #expect(read(PredictSettings.init).settings.predictDeadlineSeconds == nil)
  }

  @Test("what this build cannot do is refused, not ignored")
  func refused() {
    #expect(read(PredictSettings.init, ["SECURE_CERT_DIR": "/certs"]).problems == ["SECURE_CERT_DIR"])
    #expect(read(ScoreSettings.init, ["SCORING_FUNCTION": "mine"]).problems == ["SCORING_FUNCTION"])
  }

  @Test("a window of metrics that no number of seconds has is refused, as the contract refuses it")
  func metricsWindow() {
    for text in ["1e30", "59", "2592001", "60.5"] {
      #expect(read(ScoreSettings.init, ["METRICS_WINDOW_SECONDS": text]).problems == ["METRICS_WINDOW_SECONDS"])
    }
    let read = read(ScoreSettings.init, ["METRICS_WINDOW_SECONDS": "600"])
    #expect(read.problems.isEmpty && read.settings.contract.metricsWindowSeconds == 600)
  }

  @Test("the default score has its old names, and another is named by where it is")
  func scoringFunction() {
    let original = "coordinator_node.extensions.default_callables:default_score_prediction"
    for name in [nil, "", "default", original, "builtin:directional"] {
      let read = read(ScoreSettings.init, name.map { ["SCORING_FUNCTION": $0] } ?? [:])
      #expect(read.settings.scoring.reference.description == "builtin:directional" && read.problems.isEmpty)
    }
    let mine = read(
      ScoreSettings.init, ["SCORING_FUNCTION": "mine.scoring:score", "SCORE_TIMEOUT_SECONDS": "60"]
    ).settings.scoring
    #expect(mine.reference.description == "mine.scoring:score")
    #expect(mine.python.batchLimit == .seconds(20) && mine.python.aloneLimit == .seconds(6))
  }

  @Test("the contract says what scores, unless the variable does")
  func scoringFunctionOfContract() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "contract-\(UUID()).yaml").path
    try "callables: {scoring: builtin:crps}".write(toFile: path, atomically: true, encoding: .utf8)
    defer { unlink(path) }
    let ofContract = read(ScoreSettings.init, ["CRUNCH_CONTRACT": path]).settings.scoring.reference
    #expect(ofContract == .builtin(.crps))
    let variables = ["CRUNCH_CONTRACT": path, "SCORING_FUNCTION": "builtin:log_loss"]
    #expect(read(ScoreSettings.init, variables).settings.scoring.reference == .builtin(.logLoss))
  }

  @Test("scores and checkpoints have the original's intervals")
  func intervals() {
    let score = read(ScoreSettings.init).settings
    #expect(score.bucketSeconds == 60 && score.graceSeconds == 300 && score.maxWaitSeconds == 86_400)
    #expect(read(CheckpointSettings.init).settings.intervalSeconds == 604_800)
    let wallets = read(CheckpointSettings.init, ["COMPUTE_PROVIDER_PUBKEY": "W", "DATA_PROVIDER_PUBKEY": ""]).settings
      .wallets
    #expect(wallets.compute == "W" && wallets.data == nil)
  }
}
