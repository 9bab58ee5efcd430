import Competition
import Diagnosis
import ServiceKit
import Store

/// The report worker as a process.
public enum ReportService {
  /// Runs until it is asked to end.
  public static func run(_ start: ServiceStart = ServiceStart()) async -> Never {
    await ServiceMain.run(
      "report-worker", start: start,
      purpose: "Answers the report API: leaderboard, predictions, feeds, checkpoints and their rewards.",
      settings: ReportWorkerSettings.init, parts: ["report API"]
    ) { context in
      var database = context.store.pool.configuration
      database.statementTimeout = 10
      let store = Store(database, connections: context.common.databasePoolSize)
      let bus = context.bus
      let discretion = Discretion(logger: context.logger)
      var configuration = try context.settings.report.configuration(crunchID: context.common.crunchID)
      configuration.leaseSeconds = context.settings.explain.score.leaseSeconds
      configuration.feedPollSeconds = context.settings.explain.feed.pollSeconds
      return [
        ReportServer(
          store: store.report, contract: context.settings.report.contract,
          configuration: configuration,
          pipeline: { await PipelineLook.take(bus: bus, store: store, telling: discretion.told) },
          inquire: { id in
            await Inquiry(store: store, bus: bus, settings: context.settings.explain, telling: discretion.told)
              .stories(of: id)
          },
          logger: context.logger, now: Timestamp.now,
          onListening: { _ in context.health.ready("report API") })
      ]
    }
  }
}
