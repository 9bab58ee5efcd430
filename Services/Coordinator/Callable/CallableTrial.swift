import Competition
import Diagnosis
import Store

/// A scoring function on predictions that have a score already.
struct CallableTrial: Sendable {
  let name: String
  let function: any ScoringFunction

  /// What the function gave a prediction, beside what is stored.
  struct Row: Sendable {
    var predictionID: String
    var value: Double?
    var failure: String?
    /// nil where the stored score is a failure.
    var stored: Double?
  }

  struct Report: Sendable {
    var name: String
    var rows: [Row]
    var elapsed: Duration

    var scored: Int { rows.count { $0.value != nil } }
    var equal: Int { rows.count { $0.value != nil && $0.value == $0.stored } }
    var perSecond: Double { Double(rows.count) / max(elapsed / .seconds(1), 1e-9) }
    /// Each reason with how often it came, the most frequent first.
    var failures: [(reason: String, count: Int)] {
      Dictionary(rows.compactMap { row in row.failure.map { ($0, 1) } }, uniquingKeysWith: +)
        .map { (reason: $0.key, count: $0.value) }.sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
    }
  }

  /// Scores of one truth are asked about together, as a worker does.
  func report(on samples: [ScoredSample]) async -> Report {
    var rows: [Row] = []
    var elapsed: Duration = .zero
    var groups: [[ScoredSample]] = []
    for sample in samples {
      if groups.last?.first?.key != sample.key { groups.append([]) }
      groups[groups.count - 1].append(sample)
    }
    for group in groups {
      let outputs = group.map { function.shown($0.output, modelID: $0.modelID, predictionID: $0.predictionID) }
      let started = ContinuousClock.now
      let outcomes = await function.score(outputs: outputs, truth: group[0].truth, scope: group[0].scope)
      elapsed += ContinuousClock.now - started
      for (position, sample) in group.enumerated() {
        var row = Row(predictionID: sample.predictionID, stored: sample.storedValue)
        switch position < outcomes.count ? outcomes[position].checked() : .failed("the function gave no result for it")
        {
        case .scored(let result): row.value = result["value"]?.number
        case .failed(let reason, _): row.failure = reason
        }
        rows.append(row)
      }
    }
    return Report(name: name, rows: rows, elapsed: elapsed)
  }
}

extension ScoredSample {
  fileprivate var storedValue: Double? { result["success"] == false ? nil : result["value"]?.number }
}

extension CallableTrial.Report {
  /// Rows that are shown to people.
  private static let shown = 10

  var text: String {
    let table = Terminal.table(
      ["prediction", "now", "stored"],
      rows.prefix(Self.shown).map { row in
        [row.predictionID, row.value.map { "\($0)" } ?? "failed", row.stored.map { "\($0)" } ?? "failed"]
      }, right: [1, 2])
    let more = rows.count > Self.shown ? "\n… and \(rows.count - Self.shown) more; --json shows all" : ""
    let reasons = failures.prefix(5).map { "\n\($0.count) failed: \($0.reason)" }.joined()
    return """
      \(name) can be used
      \(table)\(more)

      \(rows.count) predictions, \(scored) scored, \(equal) as stored, \(rows.count - scored) failed; \
      \(Spoken.rounded(perSecond)) a second\(reasons)
      """
  }

  var json: JSON {
    .object([
      "callable": .string(name), "predictions": JSON(rows.count), "scored": JSON(scored), "as_stored": JSON(equal),
      "per_second": .double(perSecond.rounded()),
      "failures": .array(failures.map { .object(["reason": .string($0.reason), "count": JSON($0.count)]) }),
      "rows": .array(
        rows.map { row in
          .object([
            "prediction_id": .string(row.predictionID), "value": JSON(finite: row.value),
            "failure": JSON(row.failure), "stored": JSON(finite: row.stored),
          ])
        }),
    ])
  }
}
