import Competition
import Store

// What rounds are made of: features that models are asked about, and the truth that their answers are scored on.

extension ReportAPI {
  /// Bytes of features or truths that are taken at once, rows, and scores that an answer lists.
  private static let bodyLimit = 16_777_216
  private static let mostRows = 10_000
  private static let mostResults = 20_000

  var roundInferenceRoute: Route {
    var route = Route.change(
      .post, "/tournament/rounds/{id}/inference", "Ask all models about each row of features.",
      body: .init(
        schema: .record(["features": .list(.object, least: 1)], others: .anything),
        example: #"{"features": [{"x": 0.1}, {"x": 0.7}]}"#, limit: Self.bodyLimit),
      answers: .json(.named("RoundInference"), "All models have answered, or their time is up."),
      details: "At most \(Self.mostRows) rows. " + RoundWords.once,
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

  var roundScoreRoute: Route {
    var route = Route.change(
      .post, "/tournament/rounds/{id}/score", "Post the truth of each row, and have all predictions scored.",
      body: .init(
        schema: .record(["ground_truth": .either([.object, .list(.object)])], others: .anything),
        example: #"{"ground_truth": [{"y": 0.2}, {"y": 0.6}]}"#, limit: Self.bodyLimit),
      answers: .json(
        .named("RoundScores"), "All predictions have ended; the first \(Self.mostResults) scores of them."),
      details:
        "A truth for each row, in their order; one that is no list is the truth of the only row, and truths beyond the "
        + "rows are ignored. Snapshots and leaderboard follow within seconds. " + RoundWords.once,
      errors: [
        404: RoundWords.missing,
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

  private func roundName(_ request: APIRequest) throws(APIError) -> String {
    guard TournamentRound.isName(request.id) else {
      throw .invalid([
        ValidationProblem(
          type: "string_pattern_mismatch", location: ["path", "id"],
          message: "String should match pattern '\(RoundWords.name)'", input: .string(request.id),
          context: ["pattern": .string(RoundWords.name)])
      ])
    }
    return request.id
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
}
