import Competition
import Store

// Rounds by API: /tournament/rounds. Models are asked by the predict worker, truths stored by the score worker that leads.

extension ReportAPI {
  var tournamentRoutes: [Route] {
    [openRoute, roundInferenceRoute, roundScoreRoute, closeRoute] + [
      .get(
        "/tournament/rounds", "The newest rounds.", .limit(100, in: 1...1_000),
        answers: .json(.rows("Round"), "Rounds, newest first.")
      ) { _, limit in
        .list(try await store.rounds.list(limit: limit)) { text, round in text.object { round.write(into: &$0) } }
      },
      .get(
        "/tournament/rounds/{id}", "A round, and how far it has come.",
        answers: .json(.named("Round"), "The round."), missing: RoundWords.missing
      ) { request in try await round(request).answer },
      .get(
        "/tournament/rounds/{id}/status", "How many predictions of a round have which status.",
        answers: .json(.named("RoundStatus"), "Also of a round that there is not.")
      ) { request in try await status(request) },
    ]
  }

  private var openRoute: Route {
    var route = Route.change(
      .post, "/tournament/rounds", "Open a round.",
      body: .init(
        schema: .record(["round_id": .text(pattern: RoundWords.name)], others: .anything),
        example: #"{"round_id": "2026-02-13", "answer_seconds": 60, "truth_seconds": 604800}"#),
      answers: .json(.named("Round"), "The round, open."),
      details:
        "Both limits count from when its features are asked about: answers count for `answer_seconds`, and the truth "
        + "may come for `truth_seconds`, which are not fewer; without them the contract's hold. Features may also be posted for "
        + "a round that nobody opened. " + RoundWords.once,
      errors: [409: "There is such a round, or the key came with another request."]
    ) { request, body in
      var reader = BodyReader(body)
      let id = reader.text("round_id", pattern: RoundWords.name, TournamentRound.isName)
      let limits = RoundLimits(
        answerSeconds: reader.number("answer_seconds", in: RoundLimits.answerRange) ?? contract.rounds.answerSeconds,
        truthSeconds: reader.number("truth_seconds", in: RoundLimits.truthRange) ?? contract.rounds.truthSeconds)
      try reader.finish()
      if let reason = limits.whyImpossible { throw APIError.refused(reason) }
      let command = try await ask(
        .openRound, of: id,
        ["answer_seconds": .double(limits.answerSeconds), "truth_seconds": .double(limits.truthSeconds)], request,
        orElse: "the round \(id) is there already")
      return try await answer(command) { try await round(id).answer }
    }
    route.operation.accepted = .accepted
    return route
  }

  private var closeRoute: Route {
    var route = Route.change(
      .post, "/tournament/rounds/{id}/close", "Close a round.",
      body: .init(schema: .record([:], others: .anything), example: "{}"),
      answers: .json(.named("Round"), "The round, closed."),
      details: "What waits for a truth has failed then, with the reason; what has one is scored nevertheless. "
        + RoundWords.once,
      errors: [404: RoundWords.missing, 409: "The key came with another request."]
    ) { request, _ in
      let known = try await round(request)
      let command = try await ask(.closeRound, of: known.id, [:], request, orElse: "the round is closed")
      return try await answer(command) { try await round(known.id).answer }
    }
    route.operation.accepted = .accepted
    return route
  }

  // MARK: Commands

  /// - Parameter other: the conflict when it was asked for before with other words.
  func ask(
    _ kind: CommandStore.Kind, of id: String, _ payload: JSONObject, _ request: APIRequest, orElse other: String
  ) async throws -> CommandStore.Command {
    let before = try await store.rounds.round(id: id)?.state.rawValue ?? "none"
    switch try await store.commands.requestOnce(kind, target: id, payload: payload, by: request.action) {
    case .otherRequest: throw APIError.otherRequest
    case .otherWords: throw APIError.conflict(other)
    case .command(let command):
      if command.isNew { audit(request.action, kind.rawValue, id, before: before, after: kind.wanted) }
      return try await settled(command)
    }
  }

  /// What a command is answered with: 202 while it is not done, 409 when it was refused.
  func answer(
    _ command: CommandStore.Command, done: () async throws -> Answer
  ) async throws -> Answer {
    guard !command.isOpen else { return command.answer }
    guard command.state == "done" else {
      throw APIError.conflict(command.result["reason"]?.string ?? "it was not done, and no reason is kept")
    }
    return try await done()
  }

  // MARK: Rounds

  func round(_ request: APIRequest) async throws -> TournamentRound {
    guard TournamentRound.isName(request.id) else { throw APIError.notFound("Round not found") }
    return try await round(request.id)
  }

  func round(_ id: String) async throws -> TournamentRound {
    guard let round = try await store.rounds.round(id: id) else { throw APIError.notFound("Round not found") }
    return round
  }

  private func status(_ request: APIRequest) async throws -> Answer {
    let counts = try await request.id.hasNUL ? [] : store.rounds.counts(ofRound: request.id)
    let scored = counts.first { $0.status == PredictionStatus.scored.rawValue }?.count ?? 0
    let total = counts.reduce(0) { $0 + $1.count }
    let status =
      switch true {
      case total == 0: "not_found"
      case scored == total: "scored"
      case counts.contains { $0.status == PredictionStatus.pending.rawValue }: "inference_complete"
      default: "partial"
      }
    return .object { row in
      row.member("round_id", .string(request.id))
      row.member("status", .string(status))
      row.member("total", JSON(total))
      row.member("by_status", .object(JSONObject(counts.map { ($0.status, JSON($0.count)) })))
    }
  }
}
