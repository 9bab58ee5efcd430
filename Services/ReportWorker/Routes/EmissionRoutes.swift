import Competition
import Store

// Rewards: a checkpoint's payload, its emission in two shapes, the newest emission.

extension ReportAPI {
  private static let missing = "There is no such checkpoint, or it has no emission."

  var emissionRoutes: [Route] {
    [
      .get(
        "/reports/checkpoints/{id}/payload", "What goes to the chain.",
        answers: .json(.named("Payload"), "Period and entries."), missing: "There is no such checkpoint."
      ) { request in
        let checkpoint = try await checkpoint(request)
        return .object { row in
          row.member("checkpoint_id", .string(checkpoint.id))
          row.member("period_start", checkpoint.periodStart.json(.offset))
          row.member("period_end", checkpoint.periodEnd.json(.offset))
          row.member("entries", list: checkpoint.entries)
        }
      },
      .get(
        "/reports/checkpoints/{id}/emission", "Who gets how much, in frac64: 1,000,000,000 is all.",
        answers: .json(.named("Emission"), "The emission as it is stored."), missing: Self.missing
      ) { request in
        let emission = try await checkpoint(request).storedEmission()
        var text = JSONText()
        text.object(emission)
        return Answer(text)
      },
      .get(
        "/reports/checkpoints/{id}/emission/cli-format",
        "The emission as the chain's command line takes it, in percent.",
        answers: .json(.named("CommandLineEmission"), "Percent by id and by wallet."), missing: Self.missing
      ) { request in
        let checkpoint = try await checkpoint(request)
        let emission = try checkpoint.storedEmission().parsed.object ?? [:]
        return Answer(.object(EmissionFormats.commandLine(emission: emission, ranking: checkpoint.ranking)))
      },
      .get(
        "/reports/emissions/latest", "The newest checkpoint's emission.",
        answers: .json(.named("LatestEmission"), "The emission with its period."),
        missing: "There is no checkpoint yet, or the newest has no emission."
      ) { _ in
        let newest = try await newestCheckpoint()
        let emission = try newest.storedEmission()
        return .object { row in
          row.member("checkpoint_id", .string(newest.id))
          row.member("status", .string(newest.status))
          row.member("period_start", newest.periodStart.json(.z))
          row.member("period_end", newest.periodEnd.json(.z))
          row.member("emission", object: emission)
        }
      },
    ]
  }
}

extension ReportCheckpoint {
  func storedEmission() throws(APIError) -> StoredJSON {
    guard let emission, emission.isObject else { throw .notFound("No emission data in checkpoint") }
    return emission
  }

  var ranking: [JSON] { meta?.parsed["ranking"]?.array ?? [] }
}
