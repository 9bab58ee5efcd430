import Competition
import Logging

/// Puts the leaderboard's entries in order, by a function of ours or of the competition.
public struct LeaderboardRanker: Sendable {
  private let aggregation: CrunchContract.Aggregation
  private let builtin: BuiltinRanking
  private let function: ExtensionFunction?

  public init(_ aggregation: CrunchContract.Aggregation, _ builtin: BuiltinRanking = .rankingKey) {
    self.aggregation = aggregation
    self.builtin = builtin
    function = nil
  }

  public init(
    of contract: CrunchContract, limits: PythonLimits, logger: Logger
  ) async throws(CallableFault) {
    let reference = contract.callables.rankLeaderboard
    function = try await ExtensionFunction.load(
      reference, at: ExtensionPoint.rankLeaderboard.rawValue, limits: limits, logger: logger)
    builtin = if case .builtin(let own) = reference { own } else { .rankingKey }
    aggregation = contract.aggregation
    guard let function else { return }
    let samples = [["a", "b"], ["b", "a"]].map { Self.sample($0, contract) }
    var orders: Set<[JSON?]> = []
    try await function.probe(
      samples.map(Self.arguments), within: limits.limit(ofSingle: samples.count), mayBeConstant: true
    ) { place, answer in
      guard let order = Self.order(answer, of: samples[place]) else { return "a list of the same entries" }
      orders.insert(order.map { $0["model_id"] })
      return nil
    }
    guard orders.count > 1 else {
      throw CallableFault(
        "\(reference)", "puts models in the same order whatever their scores are: it looks like a stub",
        hint: "let the order depend on the scores")
    }
  }

  /// Made-up entries, the best first.
  private static func sample(_ ids: [String], _ contract: CrunchContract) -> [JSONObject] {
    let names = contract.aggregation.windows.map(\.name) + contract.metrics
    return ids.enumerated().map { index, id in
      let value = JSON.double(0.5 - Double(index))
      return [
        "model_id": .string(id), "rank": JSON(index + 1), "model_name": .string(id), "cruncher_name": "probe",
        "score": [
          "metrics": .object(JSONObject(names.map { ($0, value) })),
          "ranking": ["key": .string(contract.aggregation.rankingKey), "value": value],
        ],
      ]
    }
  }

  /// The entries in their order, models of participants with ranks from 1, ensembles after them without. Where the
  /// competition's function fails, the order by the ranking key holds, and the reason is answered.
  public func ranked(_ entries: [JSONObject]) async -> (entries: [JSONObject], failure: String?) {
    let models = entries.filter { !Self.isVirtual($0) }
    let virtual = entries.filter(Self.isVirtual)
    guard let function else {
      let ordered = builtin.ordered(
        models, windows: aggregation.windows.map(\.name), isDescending: aggregation.direction == .descending)
      return (Self.numbered(ordered) + virtual, nil)
    }
    let failure: String
    do {
      let answer = try await function.result(of: Self.arguments(models))
      if let ordered = Self.order(answer, of: models) { return (Self.numbered(ordered) + virtual, nil) }
      failure = "\(function.name) gave no list of the entries that it was given"
    } catch { failure = error.reason }
    return (Self.numbered(models) + virtual, failure)
  }

  /// Without ranks: those are what the function decides.
  private static func arguments(_ entries: [JSONObject]) -> [JSON] {
    let unranked = entries.map { entry in
      var unranked = entry
      unranked["rank"] = nil
      return JSON.object(unranked)
    }
    return [.array(unranked)]
  }

  /// The given entries in the order of the answer: only the order is the function's, or the ranks where it gives them.
  private static func order(_ answer: JSON, of entries: [JSONObject]) -> [JSONObject]? {
    guard let list = answer.array else { return nil }
    let known = Dictionary(entries.map { ($0["model_id"], $0) }, uniquingKeysWith: { first, _ in first })
    let ids = list.map { $0["model_id"] }
    guard Set(ids).count == entries.count, list.count == entries.count, ids.allSatisfy({ known[$0] != nil }) else {
      return nil
    }
    let ranks = list.map { $0["rank"]?.number ?? .infinity }
    return ids.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }.compactMap { known[ids[$0]] }
  }

  private static func numbered(_ entries: [JSONObject]) -> [JSONObject] {
    entries.enumerated().map { index, entry in
      var numbered = entry
      numbered["rank"] = JSON(index + 1)
      return numbered
    }
  }

  private static func isVirtual(_ entry: JSONObject) -> Bool {
    entry["model_id"]?.string.map(EnsembleName.isVirtual) ?? false
  }
}
