import Bus
import Competition
import Foundation
import Logging
import Metrics
import ServiceLifecycle
import Store

/// The version that `--version` and `/healthz` answer.
public enum BuildVersion {
  public static let text = "0.3.0"
}

/// How every service starts and ends: `--help` and `--version`, settings with all their problems at once (exit 78),
/// logging, metrics, health, a schema that fits, and a drain on SIGTERM or SIGINT with exit 0. A second signal ends the
/// process at once.
public enum ServiceMain {
  /// Wrong configuration, from `sysexits.h`.
  public static let exitConfiguration: Int32 = 78

  /// Runs a service that works on the store and the bus.
  /// - Parameter measuresStreams: whether its metrics have the figures of the streams.
  public static func run<Settings: Sendable>(
    _ name: String, start how: ServiceStart = ServiceStart(), purpose: String,
    settings read: @escaping (inout SettingsReader) -> Settings,
    parts: [String] = [], measuresStreams: Bool = false,
    services: @Sendable (ServiceContext<Settings>) async throws -> [any Service]
  ) async -> Never {
    answerArguments(how.arguments, name, purpose) { reader in
      _ = CommonSettings(&reader)
      _ = read(&reader)
    }
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment, contract: how.contract)
    let common = CommonSettings(&reader)
    let settings = read(&reader)
    refuse(name, reader.problems)
    let logger = start(name, common)
    await end(logger) {
      var database = common.database
      database.applicationName = name
      let store = Store(database, connections: common.databasePoolSize)
      try await waitForSchema(store, logger)
      let instance = instanceName(of: name)
      let bus = RedisBus(
        common.redis, keyPrefix: common.keyPrefix, clientName: instance,
        limits: BusLimits(streamLength: common.streamLength))
      let activity = Activity(name: instance, service: name, startedAt: .now())
      let health = Health(waitingFor: parts)
      let context = ServiceContext(
        settings: settings, common: common, instanceName: instance, store: store,
        bus: bus, health: health, activity: activity, logger: logger)
      let parts = try await services(context)
      activity.set("working")
      // They end in the reverse order: the heartbeat goes on until all else has drained.
      return [Heartbeat(bus: bus, activity: activity, name: instance, logger: logger), DatabaseWatch(pool: store.pool)]
        + parts
        + [healthServer(common, health, logger, measuresStreams ? BusGauges(bus: bus) : nil)]
    }
  }

  /// Runs a service that needs neither store nor bus.
  public static func runAlone<Settings: Sendable>(
    _ name: String, purpose: String, settings read: @escaping (inout SettingsReader) -> Settings,
    services: @Sendable (Settings, Health, Logger) async throws -> [any Service]
  ) async -> Never {
    answerArguments(ServiceStart().arguments, name, purpose) { _ = read(&$0) }
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let settings = read(&reader)
    refuse(name, reader.problems)
    // Databases play no part here: what is wrong with their variables is nobody's business.
    var rest = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let common = CommonSettings(&rest)
    let logger = start(name, common)
    await end(logger) {
      let health = Health()
      return try await services(settings, health, logger) + [healthServer(common, health, logger)]
    }
  }

  // MARK: Steps

  /// Unique per process start, also where every container has the same process ids.
  private static func instanceName(of service: String) -> String {
    let process = ProcessInfo.processInfo
    let host = process.hostName.prefix { $0 != "." }
    return "\(service)@\(host)-\(process.processIdentifier)-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
  }

  private static let registry = PrometheusRegistry()

  private static func healthServer(
    _ common: CommonSettings, _ health: Health, _ logger: Logger, _ gauges: BusGauges? = nil
  ) -> any Service {
    HealthServer(
      host: common.healthHost, port: common.healthPort, health: health, metrics: registry, gauges: gauges,
      logger: logger)
  }

  private static func answerArguments(
    _ arguments: [String], _ name: String, _ purpose: String, _ read: (inout SettingsReader) -> Void
  ) {
    if arguments.contains("--version") {
      print("\(name) \(BuildVersion.text)")
      exit(0)
    }
    if arguments.contains("--help") || arguments.contains("-h") {
      var reader = SettingsReader(environment: [:])
      read(&reader)
      print(HelpText.text(name: name, purpose: purpose, settings: reader.settings))
      exit(0)
    }
    guard let unknown = arguments.first else { return }
    complain("\(name): unknown argument \(unknown); settings are environment variables, see \(name) --help")
    exit(64)
  }

  private static func refuse(_ name: String, _ problems: [SettingProblem]) {
    guard !problems.isEmpty else { return }
    complain("\(name) cannot start, its settings are wrong:")
    for problem in problems { complain("  \(problem)") }
    exit(exitConfiguration)
  }

  private static func start(_ name: String, _ common: CommonSettings) -> Logger {
    Logs.bootstrap(level: common.logLevel, format: common.logFormat)
    FailPoint.arm(common.failPoints)
    MetricsSystem.bootstrap(registry)
    EarlySignal.endsTheProcess()
    return Logger(label: name)
  }

  /// Waits while PostgreSQL is away; a schema of another version ends the start.
  private static func waitForSchema(_ store: Store, _ logger: Logger) async throws {
    let status = try await persistently("look at the schema", logger: logger) { try await store.migrator.status() }
    guard status != .current else { return }
    logger.critical("\(status)")
    exit(exitConfiguration)
  }

  private static func end(_ logger: Logger, _ make: () async throws -> [any Service]) async -> Never {
    do {
      let services = try await make()
      var configuration = ServiceGroupConfiguration(
        // By default a service's name is all that it holds, in words.
        services: services.map { .init(service: $0, serviceName: "\(type(of: $0))") },
        logger: logger)
      configuration.maximumGracefulShutdownDuration = .seconds(60)
      var quiet = logger
      quiet.logLevel = max(logger.logLevel, .notice)
      configuration.logger = quiet
      let group = ServiceGroup(configuration: configuration)
      await EndSignals.drain(group)
      ParentPipe.watchIfAsked()
      logger.info("started")
      try await group.run()
      logger.info("stopped")
      exit(0)
    } catch let error as any ConfigurationFault where error.isConfigurationFault {
      logger.critical("cannot start: \(error)")
      exit(exitConfiguration)
    } catch {
      logger.critical("ended by an error", metadata: ["cause": "\(error)"])
      exit(1)
    }
  }

  static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
