import Competition
import Diagnosis
import ServiceKit
import Store

await ServiceMain.run(
  "report-worker", purpose: "Answers the report API: leaderboard, predictions, feeds, checkpoints and their rewards.",
  settings: ReportWorkerSettings.init, parts: ["report API"]
) { context in
  var database = context.store.pool.configuration
  database.statementTimeout = 10
  let store = Store(database, connections: context.common.databasePoolSize)
  let bus = context.bus
  return [
    ReportServer(
      store: store.report, contract: context.settings.report.contract,
      configuration: try context.settings.report.configuration(crunchID: context.common.crunchID),
      pipeline: { await PipelineLook.take(bus: bus, store: store) },
      inquire: { id in await Inquiry(store: store, bus: bus, settings: context.settings.explain).stories(of: id) },
      logger: context.logger, now: Timestamp.now,
      onListening: { _ in context.health.ready("report API") })
  ]
}
