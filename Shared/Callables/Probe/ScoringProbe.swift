import Competition

/// Asks a scoring function about made-up predictions before it gets real ones.
struct ScoringProbe: Sendable {
  let name: String
  let output: [CrunchContract.OutputField]
  /// What the contract says of truths.
  let truth: [CrunchContract.OutputField]
  /// How long a thousand predictions may take, the most that go in one call.
  let limit: Duration

  private static let predictions = 100

  /// - Throws: when no prediction gets a score, all get the same one, or the function takes too long.
  func check(_ function: any ScoringFunction) async throws(CallableFault) {
    let outputs = (0..<Self.predictions).map {
      function.shown(output.sample($0), modelID: "probe", predictionID: "PRE_probe_\($0)")
    }
    var elapsed: Duration = .zero
    var values: [Double] = []
    var failures: [String] = []
    for (turn, profit) in [0.013, -0.021].enumerated() {
      let truth = Self.truth(profit).merging(truth.sample(40 * turn + 20))
      // Of the last turn: what is loaded with the first call is loaded once.
      let started = ContinuousClock.now
      let outcomes = await function.score(outputs: outputs, truth: truth, scope: Self.scope)
      elapsed = ContinuousClock.now - started
      for outcome in outcomes {
        switch outcome {
        case .scored(let result): values += [result["value"]?.number].compactMap { $0 }
        case .failed(let reason, _): failures.append(reason)
        }
      }
    }
    guard !values.isEmpty else {
      throw CallableFault(name, "scores no prediction: \(failures.first ?? "it answers nothing")", hint: hint)
    }
    guard Set(values).count > 1 else {
      throw CallableFault(
        name, "gives every prediction \(values[0]): it looks like a stub",
        hint: "let the score depend on the prediction")
    }
    guard elapsed * 1_000 < limit * Self.predictions else {
      throw CallableFault(
        name, "took \(elapsed) for \(Self.predictions) predictions; 1,000 may take \(limit)",
        hint: "make it faster or raise SCORE_TIMEOUT_SECONDS")
    }
  }

  /// Made-up values are none that a function must understand: which they are, the contract may say.
  private var hint: String {
    let madeUp = (output + truth).filter(\.examples.isEmpty).map(\.name)
    guard !madeUp.isEmpty else { return "correct it" }
    return "correct it, or name values that it understands as `examples` of fields of the contract; "
      + "made up were \(madeUp.joined(separator: ", "))"
  }

  private static let scope: JSONObject = [
    "subject": "BTC", "horizon_seconds": 60, "step_seconds": 15, "resolve_horizon_seconds": 60,
  ]

  /// A default truth; `profit` and `return` are relative changes of price.
  private static func truth(_ profit: Double) -> JSONObject {
    [
      "symbol": "BTC", "asof_ts": 1_700_000_000_000, "entry_price": 100.0,
      "resolved_price": .double(100 * (1 + profit)),
      "profit": .double(profit), "return": .double(profit), "direction_up": .bool(profit > 0),
    ]
  }
}
