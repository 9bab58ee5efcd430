import Competition
import Testing

@Suite("Diversity")
struct DiversityTests {
  private func snapshot(_ model: String, end: Int64, _ summary: JSONObject) -> Snapshot {
    Snapshot(
      id: "", modelID: model, periodStart: Timestamp(seconds: end - 60), periodEnd: Timestamp(seconds: end),
      predictionCount: 1, resultSummary: summary, createdAt: Timestamp(seconds: end))
  }

  @Test("an overview shows each model's newest snapshot, whatever the order, and no ensemble")
  func newest() {
    let rows = Diversity.overview(
      [
        snapshot("a", end: 120, ["model_correlation": 0.2]), snapshot("a", end: 60, ["model_correlation": 0.9]),
        snapshot("b", end: 60, ["ic": 0.5]), snapshot("c", end: 60, ["model_correlation": -0.5]),
        snapshot("__ensemble_main__", end: 60, ["model_correlation": 0]),
      ], limit: 50)
    #expect(rows.map { $0["model_id"] } == ["a", "c", "b"])
    #expect(rows.map { $0["diversity_score"] } == [.double(0.8), .double(0.5), .null])
  }

  @Test("guidance begins above its bounds and not at them")
  func bounds() {
    let atBounds: JSONObject = ["model_correlation": 0.7, "ensemble_correlation": 0.9, "contribution": 0.01, "ic": 1]
    #expect(Diversity(summary: atBounds).guidance == [.notEnoughData])
    let above: JSONObject = ["model_correlation": 0.71, "ensemble_correlation": 0.91, "contribution": 0.011]
    #expect(
      Diversity(summary: above).guidance
        == [.highCorrelation(0.71), .veryHighEnsembleCorrelation(0.91), .positiveContribution(0.011)])
    #expect(
      Diversity(summary: ["model_correlation": 0.2, "ic": 0.1, "contribution": -0.1]).guidance
        == [.negativeContribution(-0.1), .uniqueForecast])
  }
}
