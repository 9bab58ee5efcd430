import Competition
import ServiceKit

struct EndToEndResult: Sendable, Hashable {
  var step: String
  var isTrue: Bool
  var detail: String
  /// Since the watch began.
  var seconds: Double
}

/// Looks at a node again and again until all steps have been true, or the time is over.
struct EndToEndWatch: Sendable {
  let node: ReportClient
  let steps: [EndToEndStep]
  let limit: Duration
  /// Whether nothing is asked by the clock.
  var hasOnlyRounds = false

  /// - Parameter report: told of each step once, when it is true or has failed.
  func run(report: (EndToEndResult) -> Void) async -> [EndToEndResult] {
    let started = ContinuousClock.now
    var first: Observation?
    var open = steps
    var results: [EndToEndResult] = []
    var reasons: [EndToEndStep: String] = [:]
    func close(_ step: EndToEndStep, _ isTrue: Bool, _ detail: String) {
      let result = EndToEndResult(
        step: step.rawValue, isTrue: isTrue, detail: detail, seconds: (ContinuousClock.now - started) / .seconds(1))
      results.append(result)
      report(result)
      open.removeAll { $0 == step }
    }
    while !open.isEmpty {
      let seen = await Observation(node, now: Timestamp.now(), hasOnlyRounds: hasOnlyRounds)
      // The time before the node answers is no baseline.
      if case .success = seen.health, first == nil { first = seen }
      for step in open {
        switch step.judge(first: first ?? seen, now: seen) {
        case .yes(let detail): close(step, true, detail)
        case .notYet(let reason): reasons[step] = reason
        }
      }
      guard ContinuousClock.now - started < limit, !Task.isCancelled else { break }
      if !open.isEmpty { await rest(.seconds(1)) }
    }
    for step in open { close(step, false, reasons[step] ?? "not seen") }
    return results
  }
}
