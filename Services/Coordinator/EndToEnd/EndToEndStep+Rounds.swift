import Competition

// Where rounds are all there is, the newest ones show what works: nothing comes by the clock.
extension EndToEndStep {
  /// - Parameter rounds: those that have features, the newest first.
  /// - Returns: nil for a step that rounds have no say in.
  func judge(_ rounds: [Observation.Round]) -> Verdict? {
    switch self {
    case .health, .leaderboard, .checkpoint: nil
    case .models, .predictions, .scores:
      if let newest = rounds.first {
        judge(newest, of: rounds)
      } else {
        .notYet(
          "no round has features; rounds come by API: POST /tournament/rounds/ID/inference, or --round FILE posts one")
      }
    }
  }

  private func judge(_ newest: Observation.Round, of rounds: [Observation.Round]) -> Verdict {
    switch self {
    case .models:
      let answers = newest.count("PENDING") + newest.count("SCORED")
      guard answers > 0 else { return .notYet("no answer to the round \(newest.name) counts: \(newest.text)") }
      return .yes("\(newest.models) models were asked in the round \(newest.name), and \(answers) answers count")
    case .predictions:
      guard newest.round["answered_at"] != .null else {
        return .notYet("models are still asked about the round \(newest.name): \(newest.text)")
      }
      return .yes("the round \(newest.name) has \(newest.text)")
    default:
      if let scored = rounds.first(where: { $0.count("SCORED") > 0 }) {
        return .yes("the round \(scored.name) has \(scored.count("SCORED")) scores")
      }
      guard newest.round["state"] != "closed" else {
        return .notYet(
          "the round \(newest.name) was closed without a score: \(newest.round["closed_reason"]?.string ?? "")")
      }
      return .notYet(
        "the round \(newest.name) waits for its truth until \(newest.round["truth_until"]?.string ?? "its deadline"): "
          + "POST /tournament/rounds/\(newest.name)/score")
    }
  }
}

extension Observation.Round {
  fileprivate var name: String { round["round_id"]?.string ?? "" }
  fileprivate var models: Int64 { round["model_count"]?.int ?? 0 }
  fileprivate func count(_ status: String) -> Int64 { counts[status] ?? 0 }
  fileprivate var text: String {
    counts.isEmpty
      ? "no predictions" : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  }
}
