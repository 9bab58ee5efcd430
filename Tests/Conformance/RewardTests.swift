import Competition
import Testing
import VectorKit

@Suite("Rewards and prizes are those of the original")
struct RewardTests {
  /// A first share that is too small for what rounding takes becomes negative in the original; ours takes the rest from the
  /// next. Where the original raises (a rank of 0, a metric that is no number) ours counts it as last or as 0.
  @Test("emission weighted by rank, contribution and diversity")
  func contribution() throws {
    for item in try Vectors("v101_contribution_emission").cases {
      let input = item.input
      let standings = (input["ranked_entries"]?.array ?? []).map(ContributionEmission.Standing.init(row:))
      var strategy = ContributionEmission()
      if let weight = input["rank_weight"]?.number { strategy.rankWeight = weight }
      if let weight = input["contribution_weight"]?.number { strategy.contributionWeight = weight }
      if let weight = input["diversity_weight"]?.number { strategy.diversityWeight = weight }
      if let floor = input["min_pct"]?.number { strategy.floor = floor }
      let ours = strategy.emission(
        standings,
        wallets: Wallets(
          crunch: input["crunch_pubkey"]?.string ?? "", compute: input["compute_provider"]?.string,
          data: input["data_provider"]?.string))
      let shares = (ours["cruncher_rewards"]?.array ?? []).compactMap { $0["reward_pct"]?.int }
      #expect(standings.isEmpty || shares.reduce(0, +) == Emission.whole, "\(item)")
      #expect(shares.count == standings.count && shares.allSatisfy { $0 >= 0 }, "\(item)")
      let theirs = item.expected?["cruncher_rewards"]?.array ?? []
      guard let expected = item.expected, theirs.allSatisfy({ $0["reward_pct"]?.int ?? -1 >= 0 }) else { continue }
      #expect(.object(ours) == expected, "\(item)")
    }
  }

  /// A total is a number of 64 bits here; Python's may be larger.
  @Test("prizes of a checkpoint")
  func prizes() throws {
    for item in try Vectors("v101_prizes").cases {
      guard let total = item.input["total_prize"]?.int else { continue }
      let ours = Prizes.prizes(
        total: total, emission: item.input["emission"]?.object ?? [:],
        ranking: item.input["meta"]?["ranking"]?.array ?? [],
        checkpointID: item.input["checkpoint_id"]?.string ?? "",
        periodEnd: try #require(item.input["period_end"]?.time))
      #expect(.array(ours.map(JSON.object)) == item.expected, "\(item)")
    }
  }

  /// Times are compared as moments: the report spells them with `Z`.
  @Test("who got how much in each checkpoint")
  func rewards() throws {
    for item in try Vectors("v101_checkpoint_rewards").cases {
      let checkpoints = try (item.input["checkpoints"]?.array ?? []).map { checkpoint in
        let end = try #require(checkpoint["period_end"]?.time)
        return Checkpoint(
          id: checkpoint["id"]?.string ?? "", periodStart: try #require(checkpoint["period_start"]?.time),
          periodEnd: end, status: .pending, entries: checkpoint["entries"]?.array ?? [],
          meta: checkpoint["meta"]?.object ?? [:], createdAt: end)
      }
      let ours = CheckpointRewards.rows(of: checkpoints, modelID: item.input["model_id"]?.string)
      let theirs = item.expected?.array?.compactMap(\.object) ?? []
      #expect(isClose(moments(ours), moments(theirs)), "\(item)")
    }
  }
}

/// The rows with their times as microseconds.
func moments(_ rows: [JSONObject]) -> JSON {
  .array(
    rows.map { row in
      .object(
        JSONObject(
          row.map { member in
            let isTime = ["period_start", "period_end", "snapshot_period_end"].contains(member.key)
            return (member.key, isTime ? .int(member.value.time?.microseconds ?? 0) : member.value)
          }))
    })
}
