import Competition
import Store

// What was given up, and another try: /reports/dead-letters.

extension ReportAPI {
  var deadLetterRoutes: [Route] {
    var replay = Route.change(
      .post, "/reports/dead-letters/{id}/replay", "Have a dead letter replayed.",
      body: .init(schema: .record([:], others: .anything), example: "{}"),
      answers: .json(.named("Command"), "It was done, or was refused: `state` says which."),
      details:
        "The score worker that leads does it: what the letter ended is PENDING again. What is asked for twice is done once.",
      errors: [404: "There is no such dead letter."]
    ) { request, _ in
      try await self.replay(request).answer
    }
    replay.operation.accepted = .accepted
    return [
      .get(
        "/reports/dead-letters", "What was given up after it had failed again and again.",
        .flag("include_resolved", "Whether those that were replayed or discarded are among the rows."),
        .limit(100, in: 1...1_000), answers: .json(.rows("DeadLetter"), "Dead letters, newest first.")
      ) { _, includesResolved, limit in
        .list(try await store.deadLetters.list(limit: limit, includesResolved: includesResolved)) { text, letter in
          text.object { letter.write(into: &$0) }
        }
      }, replay,
    ]
  }

  /// Asks for a replay and waits a moment for its end.
  func replay(_ request: APIRequest) async throws -> CommandStore.Command {
    guard let number = Int64(request.id), let letter = try await store.deadLetters.letter(id: number) else {
      throw APIError.notFound("Dead letter not found")
    }
    let command = try await store.commands.request(.replayDeadLetter, target: String(letter.id), by: request.action)
    if command.isNew {
      audit(
        request.action, "dead-letter.replay", String(letter.id), before: letter.resolution ?? "open",
        after: CommandStore.Kind.replayDeadLetter.wanted)
    }
    return try await settled(command)
  }
}

extension DeadLetter {
  fileprivate func write(into row: inout JSONText) {
    row.member("id", .int(id))
    row.member("stream", .string(stream))
    row.member("entry_id", .string(entryID))
    row.member("kind", .string(kind))
    row.member("cause", .string(cause))
    row.member("payload", .object(payload))
    row.member("deliveries", JSON(deliveries))
    row.member("worker", .string(worker))
    row.member("created_at", createdAt.json(.z))
    row.member("resolved_at", resolvedAt.json(.z))
    row.member("resolution", JSON(resolution))
  }
}
