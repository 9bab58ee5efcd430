import Competition
import Store

// What participants earned: /reports/checkpoints/rewards and the prizes of a checkpoint.

extension ReportAPI {
  private static let missing = "There is no such checkpoint, or it has no emission."

  var rewardRoutes: [Route] {
    let total = Parameter.integer(
      "total_prize", default: 0, "The sum that is shared, in the smallest unit of its currency.")
    return [
      .get(
        "/reports/checkpoints/rewards", "Who got how much in each of the newest checkpoints.",
        .text("model_id", "Only this model."), .limit(20, in: 1...100, "The most checkpoints."),
        answers: .json(.rows("Reward"), "A row for each ranked model and checkpoint, by period and rank.")
      ) { _, model, limit in
        let checkpoints = try await store.checkpoints(limit: limit)
        let rows = CheckpointRewards.rows(of: checkpoints.map(\.checkpoint), modelID: model)
        return Answer(.array(rows.map(JSON.object)))
      },
      .get(
        "/reports/checkpoints/{id}/prizes", "A sum, shared as a checkpoint says.", total,
        answers: .json(.rows("Prize"), "A row for each rewarded model."), missing: Self.missing
      ) { request, total in
        Answer(.array(try prizes(of: try await checkpoint(request), total: total)))
      },
      .get(
        "/reports/checkpoints/latest/prizes", "A sum, shared as the newest checkpoint says.", total,
        answers: .json(.named("LatestPrizes"), "The prizes with their period."),
        missing: "There is no checkpoint yet, or the newest has no emission."
      ) { _, total in
        let newest = try await newestCheckpoint()
        return Answer([
          "checkpoint_id": .string(newest.id), "status": .string(newest.status),
          "period_start": newest.periodStart.json(.offset), "period_end": newest.periodEnd.json(.offset),
          "total_prize": JSON(total), "prizes": .array(try prizes(of: newest, total: total)),
        ])
      },
    ]
  }

  private func prizes(of checkpoint: ReportCheckpoint, total: Int) throws(APIError) -> [JSON] {
    Prizes.prizes(
      total: Int64(total), emission: try checkpoint.storedEmission().parsed.object ?? [:],
      ranking: checkpoint.ranking, checkpointID: checkpoint.id, periodEnd: checkpoint.periodEnd
    ).map(JSON.object)
  }
}
