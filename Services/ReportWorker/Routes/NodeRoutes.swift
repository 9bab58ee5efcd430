import Competition
import ServiceKit

// Who answers: /healthz, /info.

extension ReportAPI {
  var nodeRoutes: [Route] {
    let identity = configuration.identity
    return [
      .get(
        "/healthz", "That the process lives. Does not touch the database.",
        answers: .json(.named("Health"), "It lives."), freshness: .momentary
      ) { _ in Answer(["status": "ok", "version": .string(BuildVersion.text)]) },
      .get(
        "/info", "Which competition this is.", answers: .json(.named("Identity"), "The competition."),
        freshness: .fixed(seconds: 60)
      ) { _ in
        Answer([
          "crunch_id": .string(identity.crunchID), "crunch_address": .string(identity.address),
          "network": .string(identity.network),
        ])
      },
    ]
  }
}
