import Competition

/// A function that an extension point can have.
struct ExtensionRow: Sendable {
  var point: String
  var name: String
  var summary: String
  var isInForce: Bool

  var json: JSON {
    .object([
      "point": .string(point), "callable": .string(name), "summary": .string(summary), "in_force": .bool(isInForce),
    ])
  }

  /// The built-in functions of each point, and the competition's own where it has one.
  static func all(of contract: CrunchContract) -> [ExtensionRow] {
    let own = contract.callables
    return rows(TrialPoint.scoring.name, contract.scoring, TrialPoint.scoring.signature)
      + rows(.inferenceInput, own.inferenceInput) + rows(.inferenceOutput, own.inferenceOutput)
      + rows(.groundTruth, own.groundTruth) + rows(.aggregateSnapshot, own.aggregateSnapshot)
      + rows(.rankLeaderboard, own.rankLeaderboard) + rows(.buildEmission, own.buildEmission) + figures(of: contract)
  }

  /// Of metrics and ensembles there may be several in force, or none.
  private static func figures(of contract: CrunchContract) -> [ExtensionRow] {
    let metrics = contract.metrics.map {
      contract.metricFunctions[$0] ?? BuiltinMetric(rawValue: $0).map(MetricReference.builtin)
    }
    let ensembles = contract.ensembles.filter(\.isEnabled)
    return rows(.metric, metrics.compactMap { $0 }) + rows(.ensembleStrategy, ensembles.map(\.strategy))
      + rows(.modelFilter, ensembles.map(\.filter.reference))
  }

  private static func rows<Builtin>(
    _ point: FigurePoint, _ inForce: [ExtensionReference<Builtin>]
  ) -> [ExtensionRow] {
    let builtins = Builtin.allCases.map { builtin in
      ExtensionRow(
        point: point.rawValue, name: "\(ExtensionReference.builtin(builtin))", summary: builtin.summary,
        isInForce: inForce.contains(.builtin(builtin)))
    }
    var own: [String] = []
    for reference in inForce {
      if case .builtin = reference { continue }
      if !own.contains("\(reference)") { own.append("\(reference)") }
    }
    return builtins
      + own.map {
        ExtensionRow(
          point: point.rawValue, name: $0, summary: "of this competition: \(point.signature)", isInForce: true)
      }
  }

  private static func rows<Builtin>(
    _ point: ExtensionPoint, _ inForce: ExtensionReference<Builtin>
  ) -> [ExtensionRow] {
    rows(point.rawValue, inForce, point.signature)
  }

  private static func rows<Builtin>(
    _ point: String, _ inForce: ExtensionReference<Builtin>, _ signature: String
  ) -> [ExtensionRow] {
    let builtins = Builtin.allCases.map { builtin in
      ExtensionRow(
        point: point, name: "\(ExtensionReference.builtin(builtin))", summary: builtin.summary,
        isInForce: inForce == .builtin(builtin))
    }
    guard !builtins.contains(where: \.isInForce) else { return builtins }
    return builtins + [
      ExtensionRow(point: point, name: "\(inForce)", summary: "of this competition: \(signature)", isInForce: true)
    ]
  }
}

extension EnsembleFilter {
  /// Its kind, or the competition's own function.
  fileprivate var reference: FilterReference {
    switch self {
    case .all: .builtin(.all)
    case .top: .builtin(.topN)
    case .topShare: .builtin(.topShare)
    case .minimum: .builtin(.minMetric)
    case .maximum: .builtin(.maxMetric)
    case .answers: .builtin(.minAnswers)
    case .function(let own): own
    }
  }
}
