import Competition
import Store

// Rounds by API: /tournament/rounds. Models are asked by the predict worker, truths stored by the score worker that leads.

extension ReportAPI {
  private static let name = "^[A-Za-z0-9_-]{1,100}$"
  /// Bytes of features or truths that are taken at once, rows, and scores that an answer lists.
  private static let bodyLimit = 16_777_216
  private static let mostRows = 10_000
  private static let mostResults = 20_000

  private static let missing = "There is no such round."
  private static let once = "What is sent again is answered as the first time, also without an Idempotency-Key."

  var tournamentRoutes: [Route] {
    [openRoute, inferenceRoute, scoreRoute, closeRoute] + [
      .get(
        "/tournament/rounds", "The newest rounds.", .limit(100, in: 1...1_000),
        answers: .json(.rows("Round"), "Rounds, newest first.")
      ) { _, limit in
        .list(try await store.rounds.list(limit: limit)) { text, round in text.object { round.write(into: &$0) } }
      },
      .get(
        "/tournament/rounds/{id}", "A round, and how far it has come.",
        answers: .json(.named("Round"), "The round."), missing: Self.missing
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
        schema: .record(["round_id": .text(pattern: Self.name)], others: .anything),
        example: #"{"round_id": "2026-02-13", "answer_seconds": 60, "truth_seconds": 604800}"#),
      answers: .json(.named("Round"), "The round, open."),
      details:
        "Both limits count from when its features are asked about: answers count for `answer_seconds`, and the truth "
        + "may come for `truth_seconds`; without them the contract's hold. Features may also be posted for a round that "
        + "nobody opened. " + Self.once,
      errors: [409: "There is such a round, or the key came with another request."]
    ) { request, body in
      var reader = BodyReader(body)
      let id = reader.text("round_id", pattern: Self.name, TournamentRound.isName)
      let limits = RoundLimits(
        answerSeconds: reader.number("answer_seconds", in: RoundLimits.answerRange) ?? contract.rounds.answerSeconds,
        truthSeconds: reader.number("truth_seconds", in: RoundLimits.truthRange) ?? contract.rounds.truthSeconds)
      try reader.finish()
      let command = try await ask(
        .openRound, of: id,
        ["answer_seconds": .double(limits.answerSeconds), "truth_seconds": .double(limits.truthSeconds)], request,
        orElse: "the round \(id) is there already")
      return try await answer(command) { try await round(id).answer }
    }
    route.operation.accepted = .accepted
    return route
  }

  private var inferenceRoute: Route {
    var route = Route.change(
      .post, "/tournament/rounds/{id}/inference", "Ask all models about each row of features.",
      body: .init(
        schema: .record(["features": .list(.object, least: 1)], others: .anything),
        example: #"{"features": [{"x": 0.1}, {"x": 0.7}]}"#, limit: Self.bodyLimit),
      answers: .json(.named("RoundInference"), "All models have answered, or their time is up."),
      details: "At most \(Self.mostRows) rows. " + Self.once,
      errors: [
        400: "There are no features, or the body cannot be read.",
        409: "The round has its features or is closed, no model is there, or the key came with another request.",
      ]
    ) { request, body in
      let id = try roundName(request)
      var reader = BodyReader(body)
      let features = reader.objects("features")
      try reader.finish()
      guard !features.isEmpty else { throw APIError(.badRequest, "features list is empty") }
      guard features.count <= Self.mostRows else {
        throw APIError.refused("\(features.count) rows of features are too many; a round takes \(Self.mostRows)")
      }
      let command = try await ask(
        .askModels, of: id, ["features": .array(features.map(JSON.object))], request,
        orElse: "the round \(id) has its features already")
      return try await answer(command) {
        .object { row in
          row.member("round_id", .string(id))
          row.member("model_count", command.result["model_count"] ?? 0)
          row.member("prediction_count", command.result["prediction_count"] ?? 0)
          row.member("status", "inference_complete")
        }
      }
    }
    route.operation.accepted = .accepted
    return route
  }

  private var scoreRoute: Route {
    var route = Route.change(
      .post, "/tournament/rounds/{id}/score", "Post the truth of each row, and have all predictions scored.",
      body: .init(
        schema: .record(["ground_truth": .either([.object, .list(.object)])], others: .anything),
        example: #"{"ground_truth": [{"y": 0.2}, {"y": 0.6}]}"#, limit: Self.bodyLimit),
      answers: .json(
        .named("RoundScores"), "All predictions have ended; the first \(Self.mostResults) scores of them."),
      details:
        "A truth for each row, in their order; one that is no list is the truth of the only row, and truths beyond the "
        + "rows are ignored. Snapshots and leaderboard follow within seconds. " + Self.once,
      errors: [
        404: Self.missing,
        409: "The round does not wait for its truth, or the key came with another request.",
      ]
    ) { request, body in
      var reader = BodyReader(body)
      let truths = reader.objectOrObjects("ground_truth")
      try reader.finish()
      let known = try await round(request)
      if known.truthID == nil {
        guard known.state == .answered else { throw APIError.conflict(known.whyNoTruth) }
        guard truths.count >= known.featureCount else {
          throw APIError.refused(
            "the round \(known.id) has \(known.featureCount) rows, and \(truths.count) truths were posted")
        }
        for (row, truth) in truths.prefix(known.featureCount).enumerated() {
          do { _ = try contract.shapes.groundTruth.checked(truth, as: "ground truth of row \(row)") } catch {
            throw APIError.refused("\(error)")
          }
        }
      }
      let command = try await ask(
        .scoreRound, of: known.id, ["ground_truth": .array(truths.map(JSON.object))], request,
        orElse: "the truth of the round \(known.id) was posted before")
      return try await answer(command) { try await scores(known) }
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
        + Self.once,
      errors: [404: Self.missing, 409: "The key came with another request."]
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
  private func ask(
    _ kind: CommandStore.Kind, of id: String, _ payload: JSONObject, _ request: APIRequest, orElse other: String
  ) async throws -> CommandStore.Command {
    switch try await store.commands.requestOnce(kind, target: id, payload: payload, by: request.action) {
    case .otherRequest: throw APIError.otherRequest
    case .otherWords: throw APIError.conflict(other)
    case .command(let command):
      audit(request.action, kind.rawValue, id, before: command.state, after: "asked")
      return try await settled(command)
    }
  }

  /// What a command is answered with: 202 while it is not done, 409 when it was refused.
  private func answer(
    _ command: CommandStore.Command, done: () async throws -> Answer
  ) async throws -> Answer {
    guard !command.isOpen else { return command.answer }
    guard command.state == "done" else {
      throw APIError.conflict(command.result["reason"]?.string ?? "it was not done, and no reason is kept")
    }
    return try await done()
  }

  // MARK: Rounds

  private func roundName(_ request: APIRequest) throws(APIError) -> String {
    guard TournamentRound.isName(request.id) else {
      throw .invalid([
        ValidationProblem(
          type: "string_pattern_mismatch", location: ["path", "id"],
          message: "String should match pattern '\(Self.name)'", input: .string(request.id),
          context: ["pattern": .string(Self.name)])
      ])
    }
    return request.id
  }

  private func round(_ request: APIRequest) async throws -> TournamentRound {
    guard TournamentRound.isName(request.id) else { throw APIError.notFound("Round not found") }
    return try await round(request.id)
  }

  private func round(_ id: String) async throws -> TournamentRound {
    guard let round = try await store.rounds.round(id: id) else { throw APIError.notFound("Round not found") }
    return round
  }

  private func scores(_ round: TournamentRound) async throws -> Answer {
    let scores = try await store.rounds.scores(inputID: round.inputID ?? "", limit: Self.mostResults)
    return .object { row in
      row.member("round_id", .string(round.id))
      row.member("scores_count", JSON(scores.count))
      row.key("results")
      row.array(scores.rows) { text, score in
        text.object { row in
          row.member("prediction_id", .string(score.predictionID))
          row.member("score", .double(score.value?.number ?? 0))
          row.member("success", .bool(score.success))
          row.member("result", object: score.result)
        }
      }
    }
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

extension TournamentRound {
  fileprivate var answer: Answer { .object { write(into: &$0) } }

  fileprivate func write(into row: inout JSONText) {
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
