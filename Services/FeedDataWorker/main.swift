import Competition
import Feeds
import Logging
import ServiceKit

await ServiceMain.run(
  "feed-data-worker", purpose: "Takes in market data and hands it on.", settings: FeedWorkerSettings.init
) { context in
  let feed = context.settings.feed
  let duty = Duty(
    Duty.leaseName(of: feed.keys), holder: context.instanceName, pace: .quick, store: context.store,
    activity: context.activity,
    logger: context.logger)
  func derivedCandles(of key: FeedKey, graceSeconds: Int, logger: Logger) throws -> DerivedCandles? {
    try DerivedCandles(
      of: key, into: context.settings.derivedGranularities, lateSeconds: context.settings.lateSeconds,
      patienceSeconds: graceSeconds, store: context.store, logger: logger)
  }
  let pace = RequestPace(requestsPerSecond: context.settings.backfillRequestsPerSecond)
  func backfillWorker(_ provider: (any FeedProvider)?, derived: [FeedKey: DerivedCandles] = [:]) -> BackfillWorker {
    BackfillWorker(
      store: context.store,
      providers: BackfillProviders(source: feed.source, provider: provider, keys: feed.keys, feeds: context.store.feeds)
      {
        try FeedRegistry.provider(named: $0, options: [:], backfillSeconds: feed.backfillMinutes * 60)
      },
      claims: BackfillClaims(leases: context.store.leases, holder: context.instanceName, logger: context.logger),
      folder: HistoryFolder(path: context.settings.dataDirectory),
      pace: pace, logger: context.logger, derived: derived,
      concurrency: context.settings.backfillConcurrency)
  }
  if feed.isTape {
    var player = TapePlayer(
      keys: feed.keys, tape: try ReplayTape(feed.options, keys: feed.keys), store: context.store, bus: context.bus,
      duty: duty, health: context.health, logger: context.logger)
    // Nobody repairs a tape: no candle waits for that.
    let makers = try feed.keys.compactMap { try derivedCandles(of: $0, graceSeconds: 0, logger: context.logger) }
    player.candles = TapeCandles(
      makers, lateSeconds: context.settings.lateSeconds, store: context.store, logger: context.logger)
    return [FeedDataWorker(pollers: [], player: player, duty: duty), backfillWorker(nil)]
  }
  let provider = try FeedRegistry.provider(
    named: feed.provider, options: feed.options, backfillSeconds: feed.backfillMinutes * 60)
  let pollers = try feed.keys.map { key in
    var logger = context.logger
    logger[metadataKey: "subject"] = "\(key.subject)"
    context.health.notReady(key.subject, reason: "starting")
    var poller = FeedPoller(
      key: key, provider: provider, store: context.store, bus: context.bus, pollSeconds: feed.pollSeconds,
      backfillSeconds: feed.backfillMinutes * 60, health: context.health, logger: logger)
    poller.silence = .seconds(feed.silenceSeconds)
    poller.longestAge = feed.silenceSeconds + 2 * Double(feed.granularity.seconds)
    poller.duty = duty
    poller.outlierFraction = feed.outlierFraction
    poller.derived = try derivedCandles(of: key, graceSeconds: context.settings.graceSeconds, logger: logger)
    return poller
  }
  let derived = Dictionary(
    pollers.compactMap { poller in poller.derived.map { ($0.key, $0) } }, uniquingKeysWith: { first, _ in first })
  return [
    FeedDataWorker(
      pollers: pollers,
      streams: FeedStream.all(
        provider: provider, pollers: pollers, silence: .seconds(feed.silenceSeconds), duty: duty,
        logger: context.logger),
      duty: duty),
    backfillWorker(provider, derived: derived),
    GapKeeper(
      keys: feed.keys, provider: provider, store: context.store, duty: duty, pace: pace,
      lookBackSeconds: feed.backfillMinutes * 60, keepDays: feed.recordTTLDays, logger: context.logger, derived: derived
    ),
    FeedRetention(
      store: context.store, days: feed.recordTTLDays, checkSeconds: feed.retentionCheckSeconds, logger: context.logger),
  ]
}

extension FeedError: ConfigurationFault {
  public var isConfigurationFault: Bool { !isTransient }
}
