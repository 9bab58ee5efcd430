import Competition

/// Asks a metric of the competition about made-up answers before it gets real ones.
struct MetricProbe: Sendable {
  let name: String
  /// How long two panels of three models may take.
  let limit: Duration

  /// - Throws: when it fails, answers no number, the same for all models, or too late.
  func check(
    _ numbers: (AnswerPanel) async -> [String: Result<Double?, ExtensionFailure>], of panel: (Int) -> AnswerPanel
  ) async throws(CallableFault) {
    let began = ContinuousClock.now
    var known: [Double] = []
    for round in 0..<2 {
      for (model, answer) in await numbers(panel(round)).sorted(by: { $0.key < $1.key }) {
        switch answer {
        case .success(let number): known += [number].compactMap { $0 }
        case .failure(let failure):
          throw CallableFault(
            name, "fails on made-up answers of \(model): \(failure)",
            hint: "correct it, or name values that it understands as `examples` of fields of the contract")
        }
      }
    }
    let elapsed = ContinuousClock.now - began
    guard let first = known.first else {
      throw CallableFault(name, "answers no number to made-up answers", hint: "correct it")
    }
    guard known.contains(where: { $0 != first }) else {
      throw CallableFault(
        name, "gives every model \(first): it looks like a stub", hint: "let the metric depend on the answers")
    }
    guard elapsed < limit else {
      throw CallableFault(
        name, "took \(elapsed) for three models with 40 answers at most, twice",
        hint: "make it faster or raise SCORE_TIMEOUT_SECONDS")
    }
  }
}

extension AnswerPanel {
  /// Three made-up models and an ensemble, with 40 answers at most, which differ from round to round.
  init(probe round: Int, output: [CrunchContract.OutputField], score: [CrunchContract.OutputField]) {
    let ids = ["probe a", "probe b", "probe c", EnsembleName.modelID("probe")]
    let end = Timestamp(seconds: 1_700_000_000)
    let answers = ids.enumerated().map { place, id -> (String, [PastAnswer]) in
      let own = (0..<(40 - 4 * place)).map { index -> PastAnswer in
        let made = output.sample(index * (place + 2) + round)
        let move = Double((index * 29 + place + round * 7) % 41 - 20) / 1_000
        let value = (MetricCell(output: made, result: nil).signal ?? 0.5) * move
        return PastAnswer(
          key: MetricKey(inputID: "INP_\(index)", scopeKey: "probe"), scope: ["subject": "BTC"], output: made,
          result: score.sample(index).merging([
            "value": .double(value), "success": true, "failed_reason": nil, "actual_return": .double(move),
            "direction_correct": .bool(value > 0),
          ]))
      }
      return (id, own)
    }
    self.init(
      start: end.adding(seconds: -3_600), end: end, answers: Dictionary(answers) { first, _ in first },
      ensembles: ["probe"])
  }
}
