/// How many tasks to read at once so that a batch has about `predictions` predictions, learnt from the last batches.
actor BatchPace {
  private let predictions: Int
  private var perTask: Double = 100

  init(predictions: Int) { self.predictions = predictions }

  var tasks: Int { max(1, min(predictions, Int(Double(predictions) / max(1, perTask)))) }

  func record(tasks: Int, predictions: Int) {
    guard tasks > 0, predictions > 0 else { return }
    perTask = 0.7 * perTask + 0.3 * Double(predictions) / Double(tasks)
  }
}
