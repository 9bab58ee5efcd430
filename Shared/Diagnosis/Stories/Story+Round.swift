import Competition
import Store

// Rounds of a tournament, and what they have to do with a prediction.

extension Story {
  /// - Parameter counts: its predictions by status.
  package init(_ round: TournamentRound, counts: [(status: String, count: Int)]) {
    let path = "/tournament/rounds/\(round.id)"
    let why: String
    let next: String
    switch round.state {
    case .open: (why, next) = ("nobody has posted its features", "POST \(path)/inference has models asked")
    case .asking:
      why = "\(round.modelIDs.count) models are asked about its \(round.featureCount) rows"
      next = "answers count until \(round.deadlineAt.map { "\($0)" } ?? "its deadline")"
    case .answered where round.truthID != nil:
      (why, next) = ("its truth is there, and predictions wait for their scores", "score workers score them")
    case .answered:
      why = "it waits for its truth"
      next =
        "POST \(path)/score has it scored; without a truth it ends at "
        + (round.truthUntil.map { "\($0)" } ?? "its deadline")
    case .scored: (why, next) = ("every prediction has ended", "nothing; POST \(path)/close closes it")
    case .closed: (why, next) = ("it was closed: \(round.closedReason ?? "no reason is kept")", "nothing")
    }
    self.init(kind: "round", id: round.id, state: round.state.rawValue, why: why, next: next)
    fact("input", round.inputID)
    fact("rows", round.featureCount > 0 ? String(round.featureCount) : nil)
    fact("models", round.modelIDs.joined(separator: ", "))
    fact("predictions", counts.map { "\($0.count) \($0.status)" }.joined(separator: ", "))
    fact("answers count for", "\(round.limits.answerSeconds) s")
    fact("truth may take", "\(round.limits.truthSeconds) s")
    tell(round)
  }

  package mutating func tell(_ round: TournamentRound) {
    if kind != "round" { fact("round", "\(round.id), \(round.state.rawValue)") }
    event(round.openedAt, "round \(round.id) opened by \(round.openedBy)")
    event(round.askedAt, "\(round.modelIDs.count) models asked about \(round.featureCount) rows by \(round.worker)")
    event(round.answeredAt, "every model of the round heard or given up")
    event(round.truthAt, "truth of the round posted")
    event(round.scoredAt, "every prediction of the round has ended")
    event(round.closedAt, "round closed: \(round.closedReason ?? "no reason is kept")")
    rows.append("tournament_rounds \(round.id)")
  }
}

extension TaskTrace {
  /// Whether it is known when its predictions are due: those of a round are when its truth comes.
  package var isDueKnown: Bool { round == nil || round?.truthAt != nil }
}
