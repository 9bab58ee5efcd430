import Competition
import Diagnosis
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Store

/// The report API over HTTP.
struct ReportServer: Service {
  let store: ReportStore
  let contract: CrunchContract
  let configuration: Configuration
  /// Looks at the streams and the workers.
  let pipeline: @Sendable () async -> PipelineLook
  /// Tells the story of an id.
  var inquire: @Sendable (String) async -> (told: [Story], problems: [String]) = { _ in ([], []) }
  let logger: Logger
  /// The clock that ranges and windows end at.
  let now: @Sendable () -> Timestamp
  /// Told the port once the server listens.
  var onListening: @Sendable (Int) -> Void = { _ in }

  struct Configuration: Sendable {
    var host = "127.0.0.1"
    /// 0: any free one.
    var port = 8_000
    var identity = CrunchIdentity(crunchID: "starter-challenge", address: "", network: "devnet")
    var access: AccessPolicy
    /// Sites whose pages may read answers; `*` for all.
    var origins = ["*"]
    /// Requests a second of one key or address; 0: any number.
    var requestsPerSecond = 0.0
    /// Whose word counts for the address of who asks.
    var proxies = TrustedProxies()
    var patience = RequestDeadline.Patience()
    /// Providers that a backfill can be asked of.
    var feedSources: [String] = []
    /// Where histories are stored as files.
    var dataDirectory = "data/backfill"
    var showsTiming = true
    /// How long an answer waits for what a worker is asked to do.
    var commandWait: Duration = .seconds(10)
    /// Between two looks at what listeners are told of.
    var liveInterval: Duration = .seconds(1)
    /// `BUS_LEASE_SECONDS` of the workers that pages judge.
    var leaseSeconds = 30
    /// `FEED_POLL_SECONDS` of the feed worker.
    var feedPollSeconds = 5.0
  }

  /// Connections at a time; those beyond wait until one is closed.
  private static let connections = 4_096

  func run() async throws {
    DescriptorLimit.raise(to: UInt(2 * Self.connections))
    let live = LiveDesk(startedAt: .now(), interval: configuration.liveInterval) { [store, pipeline] before in
      await LiveLook.take(after: before, store: store, pipeline: pipeline)
    }
    let api = ReportAPI(
      store: store, contract: contract, configuration: configuration, hours: ScoreHours(store: store),
      feedCounts: FeedCounts(store: store), live: live, logger: logger, now: now)
    let dashboard = Dashboard(api: api, access: configuration.access, sessions: Sessions(), inquire: inquire)
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let application = Application(
      responder: ReportResponder(
        routes: api.routes(), dashboard: dashboard, pages: dashboard.routes(), access: configuration.access,
        limits: RateLimits(requestsPerSecond: configuration.requestsPerSecond), proxies: configuration.proxies,
        crossOrigin: CrossOrigin(configuration.origins), logger: logger, now: now),
      server: .http1(configuration: channel),
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port),
        availableConnectionsDelegate: MaximumAvailableConnections(Self.connections)),
      onServerRunning: { channel in announce(channel.localAddress?.port ?? configuration.port) }, logger: quiet)
    let preparing = Task { await api.prepare() }
    defer { preparing.cancel() }
    // The server drains when nobody is answered any more, and events would never end.
    try await withGracefulShutdownHandler {
      try await application.run()
    } onGracefulShutdown: {
      Task { await live.close() }
    }
  }

  private var channel: HTTP1Channel.Configuration {
    let patience = configuration.patience
    return HTTP1Channel.Configuration(
      additionalChannelHandlers: [RequestDeadline(patience)],
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: 2 * ReportResponder.addressLimit, maxHeaderListSize: 4 * ReportResponder.addressLimit,
        maxHeaderFieldCount: 100))
  }

  private func announce(_ port: Int) {
    logger.info("report API", metadata: ["url": "http://\(configuration.host):\(port)"])
    if configuration.access.keys.isEmpty {
      logger.notice("no API_KEY is set: reading is open, changes are possible from this machine only")
    }
    onListening(port)
  }
}
