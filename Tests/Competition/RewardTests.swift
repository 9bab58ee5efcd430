import Competition
import Testing

@Suite("Rewards by contribution, prizes and the history of rewards")
struct RewardTests {
  private typealias Standing = ContributionEmission.Standing

  @Test("of equal ranks who adds more to the ensemble gets more, and so does who is less like the others")
  func parts() {
    let shares = ContributionEmission().shares([
      Standing(rank: 1, contribution: 0, correlation: 0.5), Standing(rank: 1, contribution: 0.1, correlation: 0.5),
      Standing(rank: 1, contribution: 0, correlation: 0),
    ])
    #expect(shares.reduce(0, +) == Emission.whole)
    #expect(shares[1] > shares[0])
    #expect(shares[2] > shares[0])
  }

  @Test("nobody gets less than the floor's part, and no share is negative")
  func floor() {
    var strategy = ContributionEmission()
    let standings = (0..<7).map { Standing(rank: Double(7 - $0)) }
    strategy.floor = 0
    #expect(strategy.shares(standings).allSatisfy { $0 >= 0 })
    #expect(strategy.shares(standings).reduce(0, +) == Emission.whole)
    strategy.floor = 1_000
    #expect(Set(strategy.shares(standings).dropFirst()) == [142_857_143])
  }

  @Test(
    "a metric that is no number counts as 0 and a rank below 1 as the last, so that the checkpoint is made all the same"
  )
  func unreadable() {
    let row: JSON = ["rank": 0, "result_summary": ["contribution": "abc", "model_correlation": nil]]
    #expect(Standing(row: row) == Standing(rank: 0))
    let shares = ContributionEmission().shares([Standing(row: row), Standing(rank: 1)])
    #expect(shares[1] > shares[0])
  }

  @Test("without participants nobody is paid, providers neither")
  func nobody() {
    let wallets = Wallets(crunch: "PUB", compute: "CP", data: "DP")
    let emission = ContributionEmission().emission([], wallets: wallets)
    #expect(emission["compute_provider_rewards"] == .array([]))
    #expect(emission["crunch"] == "PUB")
  }

  @Test("the largest total can be paid out whole")
  func prize() {
    let emission: JSONObject = ["cruncher_rewards": [["cruncher_index": 0, "reward_pct": 1_000_000_000]]]
    let prizes = Prizes.prizes(
      total: .max, emission: emission, ranking: [["model_id": "m1"]], checkpointID: "CKP_1",
      periodEnd: Timestamp(microseconds: 1_500_000))
    #expect(prizes == [["prizeId": "CKP_1-m1", "timestamp": 1, "model": "m1", "prize": .int(.max)]])
  }

  @Test("rows of rewards go by end of period and rank, without ensembles; a rank without a reward has none")
  func history() {
    func checkpoint(_ id: String, end: Int64, _ ranking: [JSON]) -> Checkpoint {
      let entry: JSON = ["cruncher_rewards": [["cruncher_index": 0, "reward_pct": 123_456_789]]]
      return Checkpoint(
        id: id, periodStart: Timestamp(seconds: 0), periodEnd: Timestamp(seconds: end), status: .pending,
        entries: [entry], meta: ["ranking": .array(ranking)], createdAt: Timestamp(seconds: end))
    }
    let rows = CheckpointRewards.rows(of: [
      checkpoint("CKP_2", end: 200, [["model_id": "b", "rank": 2], ["model_id": "a", "rank": 1]]),
      checkpoint("CKP_1", end: 100, [["model_id": "__ensemble_main__", "rank": 1], ["model_id": "b", "rank": 0]]),
    ])
    #expect(rows.map { $0["model_id"] } == ["b", "a", "b"])
    #expect(rows.map { $0["reward_pct"] } == [.null, .double(12.3457), .null])
    #expect(rows.first?["period_end"] == "1970-01-01T00:01:40Z")
  }

  @Test("a share goes to the rank that its index names, whatever the order of the list and its gaps")
  func byIndex() {
    let entry: JSON = [
      "cruncher_rewards": [
        ["cruncher_index": 2, "reward_pct": 250_000_000], ["cruncher_index": 0, "reward_pct": 750_000_000],
      ]
    ]
    let checkpoint = Checkpoint(
      id: "C", periodStart: Timestamp(seconds: 0), periodEnd: Timestamp(seconds: 1), status: .pending, entries: [entry],
      meta: [
        "ranking": [
          ["model_id": "a", "rank": 1], ["model_id": "b", "rank": 2], ["model_id": "c", "rank": 3],
        ]
      ], createdAt: Timestamp(seconds: 1))
    let rows = CheckpointRewards.rows(of: [checkpoint])
    #expect(rows.map { $0["model_id"] } == ["a", "b", "c"])
    #expect(rows.map { $0["reward_pct"] } == [.double(75), .null, .double(25)])
  }
}
