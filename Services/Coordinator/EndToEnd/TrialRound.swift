import Competition
import Foundation
import ServiceKit

/// A round that is posted to see that rounds work: its scores count like any other's.
struct TrialRound: Sendable {
  var features: JSON
  var truth: JSON

  /// - Parameter path: of a file with `{"features": [...], "ground_truth": [...]}`; `-` for standard input.
  init(reading path: String) throws(TrialRoundError) {
    let bytes: Data?
    if path == "-" {
      bytes = FileHandle.standardInput.readDataToEndOfFile()
    } else {
      bytes = FileManager.default.contents(atPath: path)
    }
    guard let bytes else { throw TrialRoundError(reason: "\(path) cannot be read") }
    let value: JSON
    do { value = try JSON(parsing: [UInt8](bytes)) } catch {
      throw TrialRoundError(reason: "\(path) is no JSON: \(error)")
    }
    guard let features = value["features"], let truth = value["ground_truth"] else {
      throw TrialRoundError(reason: #"\#(path) must hold {"features": [...], "ground_truth": [...]}"#)
    }
    (self.features, self.truth) = (features, truth)
  }

  /// Opens a round, posts its features and its truth, each when the step before is done.
  /// - Throws: `ReportClientError` with what the node answered instead.
  func post(to node: ReportClient, id: String, within limit: Duration) async throws(ReportClientError) -> String {
    let end = ContinuousClock.now + limit
    let path = "/tournament/rounds"
    _ = try await done(node, path, ["round_id": .string(id)], by: end)
    let asked = try await done(node, "\(path)/\(id)/inference", ["features": features], by: end)
    let scored = try await done(node, "\(path)/\(id)/score", ["ground_truth": truth], by: end)
    return "posted the round \(id): \(asked["model_count"]?.text ?? "0") models, "
      + "\(asked["prediction_count"]?.text ?? "0") predictions, \(scored["scores_count"]?.text ?? "0") scores"
  }

  /// What is sent again is the same request: it is answered when it is done.
  private func done(
    _ node: ReportClient, _ path: String, _ body: JSONObject, by end: ContinuousClock.Instant
  ) async throws(ReportClientError) -> JSON {
    while true {
      let (status, answer) = try await node.post(path, body)
      if status == 200 { return answer }
      guard ContinuousClock.now < end, !Task.isCancelled else {
        throw ReportClientError(path: path, cause: "not done in time: \(answer.text)")
      }
      await rest(.milliseconds(200))
    }
  }
}

struct TrialRoundError: Error, Sendable, Hashable, CustomStringConvertible {
  var reason: String
  var description: String { reason }
}
