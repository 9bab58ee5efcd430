import Feeds
import ServiceKit

await ServiceMain.run(
  "feed-data-worker", purpose: "Takes in market data and hands it on.", settings: FeedWorkerSettings.init
) { context in
  let feed = context.settings.feed
  let duty = Duty(
    Duty.leaseName(of: feed.keys), holder: context.instanceName, pace: .quick, store: context.store,
    activity: context.activity,
    logger: context.logger)
  if feed.isTape {
    let player = TapePlayer(
      keys: feed.keys, tape: try ReplayTape(feed.options, keys: feed.keys), store: context.store, bus: context.bus,
      duty: duty, health: context.health, logger: context.logger)
    return [FeedDataWorker(pollers: [], player: player, duty: duty)]
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
    poller.derived = try DerivedCandles(
      of: key, into: context.settings.derivedGranularities, lateSeconds: context.settings.lateSeconds,
      patienceSeconds: context.settings.graceSeconds, store: context.store, logger: logger)
    return poller
  }
  let derived = Dictionary(
    pollers.compactMap { poller in poller.derived.map { ($0.key, $0) } }, uniquingKeysWith: { first, _ in first })
  let pace = RequestPace(requestsPerSecond: context.settings.backfillRequestsPerSecond)
  return [
    FeedDataWorker(
      pollers: pollers,
      streams: FeedStream.all(
        provider: provider, pollers: pollers, silence: .seconds(feed.silenceSeconds), duty: duty,
        logger: context.logger),
      duty: duty),
    BackfillWorker(
      store: context.store,
      providers: BackfillProviders(source: feed.source, provider: provider, keys: feed.keys, feeds: context.store.feeds)
      {
        try FeedRegistry.provider(named: $0, options: [:], backfillSeconds: feed.backfillMinutes * 60)
      },
      claims: BackfillClaims(leases: context.store.leases, holder: context.instanceName, logger: context.logger),
      folder: HistoryFolder(path: context.settings.dataDirectory),
      pace: pace, logger: context.logger, derived: derived,
      concurrency: context.settings.backfillConcurrency),
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
