import Competition
import Testing

@Suite("Emissions")
struct EmissionTests {
  private func shares(_ count: Int) -> [Int64] { Emission.shares(ranks: (0..<count).map { Double($0 + 1) }) }

  @Test("shares sum to exactly the whole and none is negative, for any number of models")
  func sums() {
    for count in 1...300 {
      let shares = shares(count)
      #expect(shares.count == count)
      #expect(shares.reduce(0, +) == 1_000_000_000, "\(count) models")
      #expect(shares.allSatisfy { $0 >= 0 }, "\(count) models")
      #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 >= $1 }, "\(count) models")
    }
    #expect(Emission.shares(ranks: []).isEmpty)
  }

  @Test("few models share what the tiers leave in equal parts")
  func fewModels() {
    #expect(shares(1) == [1_000_000_000])
    #expect(shares(2) == [625_000_000, 375_000_000])
    #expect(shares(3) == [500_000_000, 250_000_000, 250_000_000])
    #expect(shares(5) == [400_000_000] + Array(repeating: 150_000_000, count: 4))
  }

  @Test("ten models take the tiers, those behind them nothing")
  func manyModels() {
    let tiers = [350_000_000] + Array(repeating: Int64(100_000_000), count: 4) + Array(repeating: 50_000_000, count: 5)
    #expect(shares(10) == tiers)
    #expect(shares(12) == tiers + [0, 0])
  }

  @Test("ranks that repeat, leave gaps or lie between tiers still sum to the whole, without a negative share")
  func oddRanks() {
    var numbers = Numbers(state: 3)
    for _ in 0..<2_000 {
      let ranks = (0..<(1 + numbers.next(below: 40))).map { _ in Double(numbers.next(below: 24)) / 2 }
      let shares = Emission.shares(ranks: ranks)
      #expect(shares.reduce(0, +) == Emission.whole && shares.allSatisfy { $0 >= 0 }, "\(ranks)")
    }
    #expect(Emission.shares(ranks: [1, 1, 1, 1]) == Array(repeating: 250_000_000, count: 4))
    #expect(Emission.shares(ranks: Array(repeating: 99, count: 4)) == Array(repeating: 250_000_000, count: 4))
  }

  @Test("an emission names the models by their place and the providers by their wallets")
  func emission() {
    let emission = Emission.emission(ranks: [1, 2], wallets: Wallets(crunch: "C", compute: "W", data: ""))
    #expect(
      emission == [
        "crunch": "C",
        "cruncher_rewards": [
          ["cruncher_index": 0, "reward_pct": 625_000_000], ["cruncher_index": 1, "reward_pct": 375_000_000],
        ],
        "compute_provider_rewards": [["provider": "W", "reward_pct": 1_000_000_000]],
        "data_provider_rewards": [],
      ])
  }
}
