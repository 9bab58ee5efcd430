import Competition
import ServiceKit

// Who answers: /healthz, /info.

extension ReportAPI {
  var nodeRoutes: [Route] {
    [
      .get("/healthz") { _ in Answer(["status": "ok", "version": .string(BuildVersion.text)]) },
      .get("/info") { _ in
        Answer([
          "crunch_id": .string(identity.crunchID), "crunch_address": .string(identity.address),
          "network": .string(identity.network),
        ])
      },
    ]
  }
}
