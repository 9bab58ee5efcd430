import Competition
import Testing

@Suite("Ensembles")
struct EnsembleTests {
  private func prediction(_ model: String, _ output: JSONObject, status: PredictionStatus = .pending) -> Prediction {
    Prediction(
      id: "PRE_\(model)", inputID: "INP_1", modelID: model, configID: "CFG_001", scopeKey: "BTC-60",
      scope: ["subject": "BTC"], status: status, output: output, performedAt: Timestamp(seconds: 100),
      resolvableAt: Timestamp(seconds: 160))
  }

  private let ensemble = Ensemble(name: "main", strategy: .equalWeight)

  @Test("an ensemble is scored on its members' truth: it has their input, scope key and times, and waits for its score")
  func times() throws {
    let members = try #require(ensemble.members(of: EnsembleMaterial(models: ["a", "b"])))
    let ours = try #require(
      ensemble.prediction(from: [prediction("a", ["value": 1]), prediction("b", ["value": 2])], members: members))
    #expect(ours.output == ["value": .double(1.5)])
    #expect(ours.modelID == "__ensemble_main__")
    #expect(ours.status == .pending)
    #expect(ours.performedAt == Timestamp(seconds: 100))
    #expect(ours.resolvableAt == Timestamp(seconds: 160))
    #expect(ours.configID == "CFG_001")
  }

  @Test("who is no member, failed or gave no number has no say")
  func without() throws {
    let members = try #require(ensemble.members(of: EnsembleMaterial(models: ["a", "b", "c"])))
    let predictions = [
      prediction("a", ["value": 1]), prediction("b", ["value": 9], status: .failed),
      prediction("c", ["value": .double(.infinity)]), prediction("stranger", ["value": 9]),
    ]
    #expect(ensemble.prediction(from: predictions, members: members)?.output == ["value": .double(1)])
    #expect(ensemble.prediction(from: Array(predictions[1...]), members: members) == nil)
  }

  @Test("who swings less weighs more, and weights sum to 1")
  func variance() {
    let weights = EnsembleStrategy.inverseVariance.weights([[-1, 1], [-2, 2], [5]])
    #expect(weights == [1 / 2.25, 0.25 / 2.25, 1 / 2.25])
    #expect(EnsembleStrategy.equalWeight.weights([]) == [])
  }

  @Test("who scored or ranks higher weighs more; where nobody is above 0 all weigh the same")
  func scores() {
    let values: [[Double]] = [[], [], []]
    #expect(EnsembleStrategy.scoreWeight.weights(values, scores: [1, -5, 3]) == [0.25, 0, 0.75])
    #expect(EnsembleStrategy.scoreWeight.weights(values, scores: [-1, 0, -3]) == values.map { _ in 1 / 3.0 })
    let total = 1 + 1 / 2.0 + 1 / 3.0
    #expect(EnsembleStrategy.rankWeight.weights(values, scores: [1, 3, 1]) == [0.5, 1, 1 / 3.0].map { $0 / total })
  }

  @Test("of equal models the first are taken, and the order of models stays")
  func top() {
    let metrics: [String: JSONObject] = ["a": ["value": -1], "b": ["value": 1], "c": ["value": 0]]
    #expect(EnsembleFilter.top(2).members(of: ["a", "d", "c", "b"], metrics: metrics) == ["d", "b"])
    #expect(EnsembleFilter.top(-1).members(of: ["a"], metrics: metrics) == [])
    #expect(EnsembleFilter.minimum(metric: "value", 0).members(of: ["a", "d", "b"], metrics: metrics) == ["d", "b"])
    #expect(EnsembleFilter.maximum(metric: "value", 0).members(of: ["a", "d", "b"], metrics: metrics) == ["a", "d"])
    #expect(EnsembleFilter.topShare(0.5).members(of: ["a", "b", "c"], metrics: metrics) == ["b", "c"])
    #expect(EnsembleFilter.topShare(0).members(of: ["a", "b", "c"], metrics: metrics) == ["b"])
    let values: [String: [Double]] = ["a": [1, 2], "b": [1]]
    #expect(EnsembleFilter.answers(2).members(of: ["a", "b", "c"], metrics: metrics, values: values) == ["a"])
    let own = EnsembleFilter.function(.python(module: "mine", callable: "keep"))
    #expect(own.members(of: ["a"], metrics: metrics) == nil, "the competition's function decides")
  }
}
