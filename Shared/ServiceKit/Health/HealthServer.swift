import Competition
import Hummingbird
import Logging
import ServiceLifecycle

/// `/healthz` (the process lives), `/readyz` (its parts are ready) and `/metrics` on a port of their own.
struct HealthServer: Service {
  let host: String
  let port: Int
  let health: Health
  let metrics: PrometheusRegistry
  /// What is measured when somebody asks.
  var gauges: BusGauges?
  let logger: Logger

  func run() async throws {
    let router = Router()
    router.get("healthz") { _, _ in Self.json(.ok, ["status": "ok"]) }
    router.get("readyz") { [health] _, _ in
      let report = health.report
      return Self.json(report.isReady ? .ok : .serviceUnavailable, report.body)
    }
    router.get("metrics") { [metrics, gauges] _, _ in
      await gauges?.refresh()
      return Response(
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text())))
    }
    var quiet = logger
    quiet.logLevel = .warning
    let application = Application(
      router: router, configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
      onServerRunning: { [logger, host] channel in
        let port = channel.localAddress?.port ?? 0
        logger.info("health and metrics", metadata: ["url": "http://\(host):\(port)/metrics"])
      }, logger: quiet)
    try await application.run()
  }

  private static func json(_ status: HTTPResponse.Status, _ body: JSONObject) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: JSON.object(body).text)))
  }
}
