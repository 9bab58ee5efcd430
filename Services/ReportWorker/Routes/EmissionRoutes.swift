import Competition
import Store

// Rewards: a checkpoint's payload, its emission in two shapes, the newest emission.

extension ReportAPI {
  var emissionRoutes: [Route] {
    [
      .get("/reports/checkpoints/{id}/payload") { request in
        let checkpoint = try await checkpoint(request)
        return .object { row in
          row.member("checkpoint_id", .string(checkpoint.id))
          row.member("period_start", checkpoint.periodStart.json(.offset))
          row.member("period_end", checkpoint.periodEnd.json(.offset))
          row.member("entries", stored: checkpoint.entries, orElse: "[]")
        }
      },
      .get("/reports/checkpoints/{id}/emission") { request in
        let emission = try await checkpoint(request).storedEmission()
        var text = JSONText()
        text.stored(emission)
        return Answer(text)
      },
      .get("/reports/checkpoints/{id}/emission/cli-format") { request in
        let checkpoint = try await checkpoint(request)
        let emission = try JSON(parsing: checkpoint.storedEmission()).object ?? [:]
        let meta = try JSON(parsing: checkpoint.meta ?? Array("{}".utf8)).object ?? [:]
        return Answer(
          .object(EmissionFormats.commandLine(emission: emission, ranking: meta["ranking"]?.array ?? [])))
      },
      .get("/reports/emissions/latest") { _ in
        guard let newest = try await store.checkpoints(status: nil, limit: 1).first else {
          throw APIError.notFound("No checkpoints found")
        }
        let emission = try newest.storedEmission()
        return .object { row in
          row.member("checkpoint_id", .string(newest.id))
          row.member("status", .string(newest.status))
          row.member("period_start", newest.periodStart.json(.z))
          row.member("period_end", newest.periodEnd.json(.z))
          row.member("emission", stored: emission)
        }
      },
    ]
  }
}

extension ReportCheckpoint {
  fileprivate func storedEmission() throws(APIError) -> [UInt8] {
    guard let emission, !emission.elementsEqual("null".utf8) else {
      throw .notFound("No emission data in checkpoint")
    }
    return emission
  }
}
