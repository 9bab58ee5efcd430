import Competition
import Store

/// What routes of rounds have in common to say.
enum RoundWords {
  static let name = "^[A-Za-z0-9_-]{1,100}$"
  static let missing = "There is no such round."
  static let once = "What is sent again is answered as the first time, also without an Idempotency-Key."
}

extension TournamentRound {
  var answer: Answer { .object { write(into: &$0) } }

  func write(into row: inout JSONText) {
    row.member("round_id", .string(id))
    row.member("state", .string(state.rawValue))
    row.member("opened_by", .string(openedBy))
    row.member("opened_at", openedAt.json(.z))
    row.member("answer_seconds", .double(limits.answerSeconds))
    row.member("truth_seconds", .double(limits.truthSeconds))
    row.member("feature_count", JSON(featureCount))
    row.member("model_count", JSON(modelIDs.count))
    row.member("input_id", JSON(inputID))
    row.member("asked_at", askedAt.json(.z))
    row.member("deadline_at", deadlineAt.json(.z))
    row.member("answered_at", answeredAt.json(.z))
    row.member("truth_until", truthUntil.json(.z))
    row.member("truth_at", truthAt.json(.z))
    row.member("scored_at", scoredAt.json(.z))
    row.member("closed_at", closedAt.json(.z))
    row.member("closed_reason", JSON(closedReason))
  }
}
