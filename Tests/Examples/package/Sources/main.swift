import Competition
import CoordinatorNode

// How sure a model is that the price rises within five minutes, for two subjects, scored by the squared error.
//
//   my-crunch predict-worker, my-crunch score-worker, …    with the variables of these workers, CRUNCH_CONTRACT aside
//   my-crunch contract > contract.yaml                     for coordinator: CRUNCH_CONTRACT=contract.yaml

var chance = CrunchContract.OutputField(name: "value", type: .float, defaultValue: nil)
(chance.minimum, chance.maximum) = (0, 1)

let schedules = ["BTC", "ETH"].enumerated().map { order, subject in
  ScheduledPredictionConfig(
    id: "", scopeKey: "\(subject)-300", scopeTemplate: ["subject": .string(subject)],
    schedule: ScheduledPredictionConfig.Schedule(predictionIntervalSeconds: 60, resolveAfterSeconds: 300), order: order)
}

await NodeProgram(
  "my-crunch",
  contract: CrunchContract(
    output: [chance], scope: CrunchContract.Scope(subject: "BTC", horizonSeconds: 300, stepSeconds: 60),
    schedules: schedules,
    aggregation: CrunchContract.Aggregation(
      windows: [.init(name: "score_day", hours: 24), .init(name: "score_week", hours: 168)], rankingKey: "score_day"),
    metrics: ["ic", "hit_rate"], ensembles: [Ensemble(name: "main", filter: .top(5))],
    scoring: .builtin(.squaredError))
).run()
