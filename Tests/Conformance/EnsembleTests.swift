import Competition
import Testing
import VectorKit

@Suite("Ensembles are those of the original")
struct EnsembleTests {
  /// The original makes the prediction SCORED at once, though it has no score; ours waits for its score like its members
  /// (decision 15), so `status` is left out.
  @Test("members, weights and predictions")
  func ensembles() throws {
    for item in try Vectors("v101_ensemble").cases {
      let expected = try #require(item.expected, "\(item)")
      let strategy = try #require(
        item.input["strategy"]?.string.flatMap { EnsembleStrategy(rawValue: $0) }, "\(item)")
      let ensemble = Ensemble(
        name: item.input["name"]?.string ?? "", strategy: .builtin(strategy), filter: try filter(item.input["filter"]))
      let predictions = (item.input["predictions"]?.object ?? [:]).flatMap { list in
        (list.value.array ?? []).map { prediction($0, of: list.key) }
      }
      let values = Dictionary(grouping: predictions, by: \.modelID).mapValues {
        $0.compactMap { Ensemble.value(of: $0.output) }
      }
      let found = ensemble.members(
        of: EnsembleMaterial(
          models: item.input["predictions"]?.object?.keys ?? [],
          metrics: Dictionary(
            uniqueKeysWithValues: (item.input["model_metrics"]?.object ?? [:]).map { ($0.key, $0.value.object ?? [:]) }),
          values: values))
      let members = try #require(found, "\(item)")
      #expect(members.map { JSON.string($0.modelID) } == expected["kept"]?.array, "\(item)")
      let weights = JSON.object(JSONObject(members.map { ($0.modelID, .double($0.weight)) }))
      #expect(isClose(weights, expected["weights"] ?? .null), "\(item)")

      var groups: [(key: MetricKey, predictions: [Prediction])] = []
      for prediction in predictions where members.contains(where: { $0.modelID == prediction.modelID }) {
        let key = MetricKey(inputID: prediction.inputID, scopeKey: prediction.scopeKey)
        if let place = groups.firstIndex(where: { $0.key == key }) {
          groups[place].predictions.append(prediction)
        } else {
          groups.append((key, [prediction]))
        }
      }
      let ours = groups.compactMap { ensemble.prediction(from: $0.predictions, members: members) }.map(json)
      let theirs = (expected["predictions"]?.array ?? []).map(withoutStatus)
      #expect(isClose(.array(ours), .array(theirs)), "\(item)")
    }
  }

  @Test("ids of virtual models")
  func ids() throws {
    for item in try Vectors("v101_ensemble_ids").cases {
      let name = try #require(item.input["name"]?.string)
      let id = EnsembleName.modelID(name)
      #expect(id == item.expected?["id"]?.string, "\(item)")
      #expect(EnsembleName.isVirtual(id) == item.expected?["is_ensemble"]?.bool, "\(item)")
      #expect(EnsembleName.isVirtual(name) == item.expected?["is_ensemble_plain"]?.bool, "\(item)")
    }
  }

  private func filter(_ json: JSON?) throws -> EnsembleFilter {
    guard let parts = json?.array else { return .all }
    switch parts.first?.string {
    case "top_n": return .top(Int(try #require(parts[1].int)))
    case "min_metric": return .minimum(metric: try #require(parts[1].string), try #require(parts[2].number))
    default: throw UnknownFilter(json: json)
    }
  }

  private struct UnknownFilter: Error { var json: JSON? }

  private func prediction(_ json: JSON, of model: String) -> Prediction {
    Prediction(
      id: "", inputID: json["input_id"]?.string ?? "", modelID: model, configID: nil,
      scopeKey: json["scope_key"]?.string ?? "", scope: json["scope"]?.object ?? [:], status: .scored,
      output: json["inference_output"]?.object ?? [:], performedAt: Timestamp(seconds: 0),
      resolvableAt: Timestamp(seconds: 60))
  }

  private func json(_ prediction: Prediction) -> JSON {
    .object([
      "id": .string(prediction.id), "input_id": .string(prediction.inputID), "model_id": .string(prediction.modelID),
      "scope_key": .string(prediction.scopeKey), "scope": .object(prediction.scope),
      "inference_output": .object(prediction.output), "meta": .object(prediction.meta),
    ])
  }

  private func withoutStatus(_ prediction: JSON) -> JSON {
    .object(JSONObject((prediction.object ?? [:]).filter { $0.key != "status" }.map { ($0.key, $0.value) }))
  }
}
