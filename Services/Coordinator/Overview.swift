import Bus
import Competition
import Diagnosis
import ServiceKit
import Store

/// How the node's state is written for people and for programs.
enum Overview {
  /// One line per stage: rate, latency, and what waits.
  static func stages(_ recent: OverviewStore.Recent, seconds: Int, _ bus: BusStatus?) -> String {
    func rate(_ count: Int) -> String { Spoken.rounded(Double(count) / Double(seconds)) + "/s" }
    func time(_ milliseconds: Double?) -> String { milliseconds.map { Spoken.span($0 / 1_000) } ?? "-" }
    func waiting(_ stream: BusStream) -> String {
      guard let bus else { return "Redis is away" }
      let group = bus.streams.first { $0.stream == stream }?.groups.first
      return group.map { "\($0.pending) in work, \($0.lag) waiting" } ?? "-"
    }
    return Terminal.table(
      ["stage", "rate", "latency", "stream"],
      [
        ["feed", rate(recent.records), time(recent.recordAge) + " after its event", waiting(.feedRecords)],
        [
          "predict", rate(recent.predictions), time(recent.modelTime) + " a model",
          bus.map { "\($0.delayed) not due yet" } ?? "-",
        ],
        ["score", rate(recent.scores), time(recent.scoreDelay) + " after due", waiting(.predictionsPending)],
        ["leaderboard", "-", "-", waiting(.scoresReady)],
      ], right: [1])
  }

  static func leaderboard(_ board: Leaderboard) -> String {
    let rows = board.entries.map { entry in
      let value = entry["score"]?["ranking"]?["value"]?.number
      return [
        entry["rank"]?.text ?? "-", entry["model_name"]?.string ?? entry["model_id"]?.string ?? "?",
        entry["cruncher_name"]?.string ?? "", value.map { fixed($0) } ?? "-",
      ]
    }
    return Terminal.table(["rank", "model", "player", "score"], rows, right: [0, 3])
  }

  /// Six decimals, with the sign.
  private static func fixed(_ value: Double) -> String {
    let text = String(Int((value.magnitude * 1e6).rounded()) % 1_000_000)
    let fraction = String(repeating: "0", count: 6 - text.count) + text
    return "\(value < 0 ? "-" : "+")\(Int((value.magnitude * 1e6).rounded()) / 1_000_000).\(fraction)"
  }

  static func summary(_ totals: OverviewStore.Totals) -> String {
    let statuses = PredictionStatus.allCases.map { "\(totals.predictions[$0] ?? 0) \($0.rawValue)" }
    return """
      records      \(totals.records)
      inputs       \(totals.inputs)
      predictions  \(statuses.joined(separator: ", "))
      scores       \(totals.scores)
      snapshots    \(totals.snapshots)
      checkpoints  \(totals.checkpoints)
      emission     \(totals.emission.map { "\($0) frac64 in the newest checkpoint" } ?? "none yet")
      """
  }

  static func json(
    _ recent: OverviewStore.Recent, _ totals: OverviewStore.Totals, _ board: Leaderboard?
  ) -> JSON {
    .object([
      "last_30_seconds": .object([
        "records": JSON(recent.records), "record_age_ms": JSON(finite: recent.recordAge),
        "predictions": JSON(recent.predictions), "model_time_ms": JSON(finite: recent.modelTime),
        "scores": JSON(recent.scores), "score_delay_ms": JSON(finite: recent.scoreDelay),
      ]),
      "records": JSON(totals.records), "inputs": JSON(totals.inputs),
      "predictions": .object(
        JSONObject(PredictionStatus.allCases.map { ($0.rawValue, JSON(totals.predictions[$0] ?? 0)) })),
      "scores": JSON(totals.scores), "snapshots": JSON(totals.snapshots), "checkpoints": JSON(totals.checkpoints),
      "emission": totals.emission.map(JSON.int) ?? .null, "dead_letters": JSON(totals.deadLetters),
      "leaderboard": .array((board?.entries ?? []).map(JSON.object)),
    ])
  }
}
