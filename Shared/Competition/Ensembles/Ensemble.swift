/// A virtual model whose predictions are the weighted means of its members'.
public struct Ensemble: Sendable, Hashable {
  public var name: String
  public var strategy: StrategyReference
  public var filter: EnsembleFilter
  /// One that is not makes no more predictions; what it predicted stays.
  public var isEnabled: Bool

  public init(
    name: String, strategy: StrategyReference = .inverseVariance, filter: EnsembleFilter = .all, isEnabled: Bool = true
  ) {
    self.name = name
    self.strategy = strategy
    self.filter = filter
    self.isEnabled = isEnabled
  }

  /// Whether its strategy or filter is a function of the competition.
  public var usesFunctions: Bool {
    if case .function = filter { return true }
    if case .builtin = strategy { return false }
    return true
  }

  /// The row of its virtual model.
  /// - Parameter time: when it is first seen.
  public func model(createdAt time: Timestamp) -> Model {
    Model(
      id: EnsembleName.modelID(name), name: name, playerID: "", playerName: "ensemble", deploymentIdentifier: "",
      createdAt: time)
  }

  /// A member with its weight.
  public struct Member: Sendable, Hashable {
    public var modelID: String
    /// What a built-in strategy gives all members sums to 1.
    public var weight: Double

    public init(modelID: String, weight: Double) {
      self.modelID = modelID
      self.weight = weight
    }
  }

  /// Who takes part, and how much each counts; nil where a function of the competition says.
  public func members(of material: EnsembleMaterial) -> [Member]? {
    guard let kept = filter.members(of: material.models, metrics: material.metrics, values: material.values) else {
      return nil
    }
    return weighted(kept, material)
  }

  /// The models that a filter kept with their weights; nil where a function of the competition weighs.
  public func weighted(_ kept: [String], _ material: EnsembleMaterial) -> [Member]? {
    guard case .builtin(let builtin) = strategy else { return nil }
    let weights = builtin.weights(
      kept.map { material.values[$0] ?? [] }, scores: kept.map { material.metrics[$0]?["value"]?.floatValue ?? 0 })
    return zip(kept, weights).map { Member(modelID: $0, weight: $1) }
  }

  /// What a member's output counts with: its `value`, when that is a finite number or a text that spells one.
  public static func value(of output: JSONObject) -> Double? {
    output["value"]?.floatValue.flatMap { $0.isFinite ? $0 : nil }
  }

  /// The ensemble's prediction for a slot whose members are final: the weighted mean of those that answered with a value,
  /// nil when none did that counts. Of several predictions of one member the last counts. It has the members' times, so
  /// that it is scored on the same truth as they are (decision 15), and waits for its score as they do.
  /// - Parameter predictions: of one (input, scope key).
  public func prediction(from predictions: [Prediction], members: [Member]) -> Prediction? {
    let ids = Set(members.map(\.modelID))
    let own = predictions.filter { ids.contains($0.modelID) && ($0.status == .pending || $0.status == .scored) }
    let outputs = Dictionary(own.map { ($0.modelID, $0.output) }, uniquingKeysWith: { _, last in last })
    guard let first = own.first, let value = Self.mean(of: outputs, members: members) else { return nil }
    let key = MetricKey(inputID: first.inputID, scopeKey: first.scopeKey)
    return Prediction(
      id: EnsembleName.predictionID(name, key: key), inputID: key.inputID, modelID: EnsembleName.modelID(name),
      configID: first.configID, scopeKey: key.scopeKey, scope: first.scope, status: .pending,
      output: ["value": .double(value)],
      meta: [
        "weights": .object(JSONObject(members.map { ($0.modelID, .double($0.weight)) })),
        "ensemble_name": .string(name),
      ],
      performedAt: first.performedAt, resolvableAt: first.resolvableAt, contractID: first.contractID)
  }

  private static func mean(of outputs: [String: JSONObject], members: [Member]) -> Double? {
    var (total, weights) = (0.0, 0.0)
    for member in members {
      guard let value = outputs[member.modelID].flatMap(value(of:)) else { continue }
      total += member.weight * value
      weights += member.weight
    }
    let mean = total / weights
    return weights < 1e-12 || !mean.isFinite ? nil : mean
  }
}
