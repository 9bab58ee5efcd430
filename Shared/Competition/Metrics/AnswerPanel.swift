/// What metrics of the competition are computed from: everything that was answered and scored within the window, in order of
/// time. The lists of two models are joined by their keys, never by position (decision 15).
public struct AnswerPanel: Sendable, Hashable {
  /// A model's answers that have a score.
  public struct Series: Sendable, Hashable {
    public var modelID: String
    /// As functions know it: of an ensemble its name, else the model's id.
    public var name: String
    public var answers: [PastAnswer]
  }

  /// The first moment of the window.
  public var start: Timestamp
  /// The moment after it.
  public var end: Timestamp
  /// Models of participants by id.
  public var models: [Series]
  /// The contract's ensembles in its order.
  public var ensembles: [Series]

  /// - Parameters:
  ///   - answers: of models and ensembles by model id, in order of time.
  ///   - ensembles: names of the contract's.
  public init(start: Timestamp, end: Timestamp, answers: [String: [PastAnswer]], ensembles: [String]) {
    self.start = start
    self.end = end
    models = answers.filter { !EnsembleName.isVirtual($0.key) }.sorted { $0.key < $1.key }
      .map { Series(modelID: $0.key, name: $0.key, answers: $0.value) }
    self.ensembles = ensembles.map { name in
      let id = EnsembleName.modelID(name)
      return Series(modelID: id, name: name, answers: answers[id] ?? [])
    }
  }

  /// Models, then ensembles.
  public var series: [Series] { models + ensembles }

  /// As functions get it: `predictions` are outputs, `scores` the results at the same places, `keys` what each is about, as
  /// `[input_id, scope_key]`.
  public var json: JSON {
    func members(_ series: [Series]) -> JSON { .object(JSONObject(series.map { ($0.name, $0.json) })) }
    return [
      "window_start": .string(start.iso8601(.offset)), "window_end": .string(end.iso8601(.offset)),
      "models": members(models), "ensembles": members(ensembles),
    ]
  }
}

extension AnswerPanel.Series {
  fileprivate var json: JSON {
    [
      "predictions": .array(answers.map { .object($0.output) }),
      "scores": .array(answers.map { .object($0.result ?? [:]) }),
      "keys": .array(answers.map { [.string($0.key.inputID), .string($0.key.scopeKey)] }),
    ]
  }
}
