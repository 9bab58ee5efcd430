import Competition
import Diagnosis
import ServiceKit
import Store

await ServiceMain.run(
  "report-worker", purpose: "Answers the report API: leaderboard, predictions, feeds, checkpoints and their rewards.",
  settings: ReportSettings.init, parts: ["report API"]
) { context in
  var database = context.store.pool.configuration
  database.statementTimeout = 10
  let store = Store(database, connections: context.common.databasePoolSize)
  let bus = context.bus
  return [
    ReportServer(
      store: store.report, contract: context.settings.contract,
      configuration: try context.settings.configuration(crunchID: context.common.crunchID),
      pipeline: { await PipelineLook.take(bus: bus, store: store) }, logger: context.logger, now: Timestamp.now,
      onListening: { _ in context.health.ready("report API") })
  ]
}
