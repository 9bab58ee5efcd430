import Competition
import Testing
import VectorKit

@Suite("Diversity is that of the original")
struct DiversityTests {
  /// Of guidance the beginning with its number is compared, as the API promises it; the rest is our own words. Times are
  /// compared as moments: the report spells them with `Z`.
  @Test("a model's diversity and guidance")
  func model() throws {
    for item in try Vectors("v101_model_diversity").cases {
      let id = item.input["model_id"]?.string ?? ""
      let rank = item.input["leaderboard"]?["entries"]?.array?.first { $0["model_id"]?.string == id }?["rank"]?.int
      var ours = Diversity.report(of: try snapshot(item.input, of: id), rank: rank.map { Int($0) })
      var theirs = try #require(item.expected?.object)
      let (texts, words) = (ours["guidance"]?.array ?? [], theirs["guidance"]?.array ?? [])
      #expect(texts.count == words.count, "\(item)")
      for (text, word) in zip(texts, words) {
        let beginning = beginning(of: word.string ?? "")
        #expect(text.string?.hasPrefix(beginning) == true, "\(item): \(beginning)")
      }
      ours["guidance"] = nil
      theirs["guidance"] = nil
      #expect(isClose(moments([ours]), moments([theirs])), "\(item)")
    }
  }

  @Test("all models, the most diverse first")
  func overview() throws {
    for item in try Vectors("v101_diversity_overview").cases {
      let snapshots = try (item.input["snapshots"]?.array ?? []).map {
        try snapshot($0, of: $0["model_id"]?.string ?? "")
      }
      let ours = Diversity.overview(snapshots, limit: Int(item.input["limit"]?.int ?? 0))
      let theirs = item.expected?.array?.compactMap(\.object) ?? []
      #expect(isClose(moments(ours), moments(theirs)), "\(item)")
    }
  }

  /// Up to the number in parentheses, or what the API promises where there is none.
  private func beginning(of text: String) -> String {
    for whole in ["Low correlation + positive IC", "Not enough data"] where text.hasPrefix(whole) { return whole }
    return text.firstIndex(of: ")").map { String(text[...$0]) } ?? text
  }

  private func snapshot(_ json: JSON, of modelID: String) throws -> Snapshot {
    let end = try #require(json["period_end"]?.time)
    return Snapshot(
      id: "", modelID: modelID, periodStart: end, periodEnd: end, predictionCount: 1,
      resultSummary: json["result_summary"]?.object ?? [:], createdAt: end)
  }
}
