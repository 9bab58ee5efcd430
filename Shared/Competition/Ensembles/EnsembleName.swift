/// The ids that an ensemble's virtual model and its predictions have.
public enum EnsembleName {
  private static let prefix = "__ensemble_"

  /// `__ensemble_{name}__`, the model under which an ensemble predicts and is scored.
  public static func modelID(_ name: String) -> String { prefix + name + "__" }

  /// The models that show as a name: the ensemble's own, and that of other tools, which end theirs without underscores.
  public static func modelIDs(shownAs name: String) -> [String] { [modelID(name), prefix + name] }

  /// Whether a model is an ensemble: no participant runs it, and it is never ranked or paid.
  public static func isVirtual(_ modelID: String) -> Bool { modelID.hasPrefix(prefix) }

  /// `pred___ensemble_{name}___{input}_{scope key}`
  public static func predictionID(_ name: String, key: MetricKey) -> String {
    "pred_\(modelID(name))_\(key.inputID)_\(key.scopeKey)"
  }
}
