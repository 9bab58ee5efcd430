import Competition
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Store

/// The report API over HTTP.
struct ReportServer: Service {
  let store: ReportStore
  let contract: CrunchContract
  let configuration: Configuration
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
  }

  func run() async throws {
    let api = ReportAPI(store: store, contract: contract, identity: configuration.identity, now: now)
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let application = Application(
      responder: ReportResponder(
        routes: api.routes(), access: configuration.access, crossOrigin: CrossOrigin(configuration.origins),
        logger: logger),
      configuration: ApplicationConfiguration(address: .hostname(configuration.host, port: configuration.port)),
      onServerRunning: { channel in announce(channel.localAddress?.port ?? configuration.port) }, logger: quiet)
    try await application.run()
  }

  private func announce(_ port: Int) {
    logger.info("report API", metadata: ["url": "http://\(configuration.host):\(port)"])
    if configuration.access.key == nil {
      logger.notice("no API_KEY is set: reading is open, changes are possible from this machine only")
    }
    onListening(port)
  }
}
