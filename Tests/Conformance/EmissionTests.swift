import Competition
import Testing
import VectorKit

@Suite("Emissions are those of the original")
struct EmissionTests {
  /// Ranks that repeat can make the tiers more than 100 %; the original then pays a negative share, ours scales down.
  @Test("tiers, remainders and providers", arguments: ["v011", "v101"])
  func emission(version: String) throws {
    for item in try Vectors("\(version)_build_emission").cases {
      guard let expected = item.expected else { continue }
      let ranks = (item.input["ranked_entries"]?.array ?? []).map { $0["rank"]?.number ?? 0 }
      let ours = Emission.emission(
        ranks: ranks,
        wallets: Wallets(
          crunch: item.input["crunch_pubkey"]?.string ?? "", compute: item.input["compute_provider"]?.string,
          data: item.input["data_provider"]?.string))
      let shares = (ours["cruncher_rewards"]?.array ?? []).compactMap { $0["reward_pct"]?.int }
      #expect(ranks.isEmpty || shares.reduce(0, +) == Emission.whole, "\(item)")
      #expect(shares.allSatisfy { $0 >= 0 }, "\(item)")
      let isAbove = ranks.reduce(0) { $0 + tier($1) } > 100
      if !isAbove { #expect(agree(.object(ours), expected), "\(item)") }
    }
  }

  private func tier(_ rank: Double) -> Double {
    rank == 1 ? 35 : (2...5).contains(rank) ? 10 : (6...10).contains(rank) ? 5 : 0
  }

  @Test("percent to frac64", arguments: ["v011", "v101"])
  func frac64(version: String) throws {
    for item in try Vectors("\(version)_pct_to_frac64").cases {
      guard let percent = item.input.number ?? item.input["pct"]?.number ?? item.input.object?.first?.value.number,
        let expected = item.expected?.int, percent.isFinite
      else { continue }
      #expect(Emission.frac64(percent: percent) == expected, "\(item)")
    }
  }

  @Test("the format of the command line", arguments: ["v011", "v101"])
  func commandLine(version: String) throws {
    for item in try Vectors("\(version)_cli_format").cases {
      guard let expected = item.expected else { continue }
      let ours = EmissionFormats.commandLine(
        emission: item.input["emission"]?.object ?? [:], ranking: item.input["meta"]?["ranking"]?.array ?? [])
      #expect(agree(.object(ours), expected), "\(item): \(JSON.object(ours).text)")
    }
  }
}
