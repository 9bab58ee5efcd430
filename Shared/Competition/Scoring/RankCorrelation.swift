/// Spearman's rank correlation of a round: how well a model ordered the round's items.
///
///     value = Pearson correlation of rank(output.values) and rank(truth.values), from −1 to 1
///
/// Equal numbers share the mean of their ranks. `values` are lists of the same length, or objects with the items' names as
/// keys; every item of the truth must be in the output. An output that gives all items the same number orders nothing and
/// scores 0; a truth that does so, or has fewer than two items, scores nobody. `items` stands beside the value.
/// Source: C. Spearman, "The Proof and Measurement of Association between Two Things" (1904).
public struct RankCorrelation: ScoringFunction {
  public init() {}

  public func score(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) async -> [ScoringOutcome] {
    guard let values = truth["values"], let actual = Self.numbers(in: values, like: values), actual.count > 1,
      let expected = Self.centredRanks(of: actual)
    else {
      return outputs.map { _ in .failed("the ground truth has no values of at least two items that differ") }
    }
    return outputs.map { output in
      guard let forecast = output["values"].flatMap({ Self.numbers(in: $0, like: values) }) else {
        return .failed("the output's values have no finite number for each of the \(actual.count) items of the truth")
      }
      let beside: JSONObject = ["items": .int(Int64(actual.count))]
      guard let ranks = Self.centredRanks(of: forecast) else { return .value(0, beside) }
      return .value(Self.cosine(ranks, expected), beside)
    }
  }

  /// The numbers of all items of `model`, in its order.
  private static func numbers(in value: JSON, like model: JSON) -> [Double]? {
    let found: [JSON?]
    switch (model, value) {
    case (.array(let items), .array(let values)) where items.count == values.count: found = values
    case (.object(let items), .object(let values)):
      let byName = Dictionary(values.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
      found = items.map { byName[$0.key] }
    default: return nil
    }
    let numbers = found.compactMap { $0?.number }.filter(\.isFinite)
    return numbers.count == found.count ? numbers : nil
  }

  /// Ranks less their mean; nil when all numbers are equal.
  static func centredRanks(of numbers: [Double]) -> [Double]? {
    let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
    let mean = Double(numbers.count - 1) / 2
    var ranks = [Double](repeating: 0, count: numbers.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, numbers[order[end + 1]] == numbers[order[start]] { end += 1 }
      if start == 0, end == order.count - 1 { return nil }
      for place in start...end { ranks[order[place]] = Double(start + end) / 2 - mean }
      start = end + 1
    }
    return ranks
  }

  private static func cosine(_ left: [Double], _ right: [Double]) -> Double {
    var product = 0.0
    var leftSquares = 0.0
    var rightSquares = 0.0
    for (a, b) in zip(left, right) {
      product += a * b
      leftSquares += a * a
      rightSquares += b * b
    }
    return product / (leftSquares * rightSquares).squareRoot()
  }
}
