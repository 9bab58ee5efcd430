import Hummingbird

// What happens now: /reports/live.

extension ReportAPI {
  var liveRoutes: [Route] {
    [
      .get(
        "/reports/live", "What happens, as it happens: server-sent events.",
        answers: Operation.AnswerShape(
          contentType: "text/event-stream",
          summary: "Events without an end: `leaderboard`, `checkpoint` and `streams`, each with a JSON object."),
        details: """
          First everything as it is, then what changes, looked at once a second. `leaderboard` has the rows that \
          changed with their `previous_rank`, and the models that are `removed`; with `complete` it has all rows. \
          `checkpoint` is a new one, or one whose status changed. `streams` has the figures of streams and workers. With \
          the header Last-Event-ID, which browsers send by themselves, it goes on after that event, if the server still \
          knows it. Who does not read what it is sent is cut off.
          """,
        freshness: .momentary
      ) { request in
        let frames = try await live.join(after: request.lastEventID)
        var answer = Answer(
          .stream(
            ResponseBody { writer in
              for await frame in frames { try await writer.write(frame) }
              try await writer.finish(nil)
            }))
        answer.contentType = "text/event-stream"
        return answer
      }
    ]
  }
}
