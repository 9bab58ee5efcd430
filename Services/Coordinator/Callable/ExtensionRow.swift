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
    return rows("scoring", contract.scoring, "(prediction, ground_truth) -> dict")
      + rows(.inferenceInput, own.inferenceInput) + rows(.inferenceOutput, own.inferenceOutput)
      + rows(.groundTruth, own.groundTruth) + rows(.aggregateSnapshot, own.aggregateSnapshot)
      + rows(.rankLeaderboard, own.rankLeaderboard) + rows(.buildEmission, own.buildEmission)
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
