import Competition
import Logging

/// Makes a checkpoint's ranking into shares of the reward, by a rule of ours or a function of the competition.
public struct EmissionBuilder: Sendable {
  private let contract: CrunchContract
  private let builtin: BuiltinEmission
  private let function: ExtensionFunction?

  /// By a rule of ours.
  public init(of contract: CrunchContract, _ builtin: BuiltinEmission = .contract) {
    self.contract = contract
    self.builtin = builtin
    function = nil
  }

  public init(
    of contract: CrunchContract, limits: PythonLimits, logger: Logger
  ) async throws(CallableFault) {
    self.contract = contract
    let reference = contract.callables.buildEmission
    function = try await ExtensionFunction.load(
      reference, at: ExtensionPoint.buildEmission.rawValue, limits: limits, logger: logger)
    builtin = if case .builtin(let own) = reference { own } else { .contract }
    guard let function else { return }
    let sample = (1...3).map { rank -> JSONObject in
      [
        "model_id": .string("probe \(rank)"), "rank": JSON(rank), "prediction_count": 10,
        "result_summary": .object([contract.aggregation.valueField: .double(1 / Double(rank))]),
      ]
    }
    // The same shares for each rank are right, whatever the scores are.
    try await function.probe(
      [Self.arguments(sample, Wallets(crunch: "probe"))], within: limits.limit(ofSingle: 1), mayBeConstant: true
    ) { _, answer in
      do {
        _ = try Self.emission(answer, of: sample)
        return nil
      } catch let failure as ExtensionFailure { return "an emission (\(failure.reason))" } catch {
        return "an emission"
      }
    }
  }

  /// The emission of a checkpoint, as `Emission.emission` has it.
  /// - Parameter ranking: rows of the checkpoint's ranking, the best first.
  /// - Throws: `ExtensionFailure`: nobody is paid by guess.
  public func emission(of ranking: [JSONObject], wallets: Wallets) async throws -> JSONObject {
    guard let function else {
      return builtin.emission(
        of: ranking, rule: contract.emission, valueField: contract.aggregation.valueField, wallets: wallets)
    }
    return try Self.emission(try await function.result(of: Self.arguments(ranking, wallets)), of: ranking)
  }

  private static func arguments(_ ranking: [JSONObject], _ wallets: Wallets) -> [JSON] {
    [.array(ranking.map(JSON.object)), .string(wallets.crunch), JSON(wallets.compute), JSON(wallets.data)]
  }

  /// The answer, once it is seen that it pays exactly the whole, nobody less than nothing, and nobody who is not there.
  private static func emission(_ answer: JSON, of ranking: [JSONObject]) throws -> JSONObject {
    guard let emission = answer.object, let rewards = emission["cruncher_rewards"]?.array else {
      throw ExtensionFailure("it has no list cruncher_rewards")
    }
    var total: Int64 = 0
    var seen: Set<Int64> = []
    for reward in rewards {
      guard let index = reward["cruncher_index"]?.int, let share = reward["reward_pct"]?.int else {
        throw ExtensionFailure("a reward has no whole cruncher_index and reward_pct: \(reward.text)")
      }
      guard index >= 0, index < ranking.count, seen.insert(index).inserted else {
        throw ExtensionFailure("cruncher_index \(index) is not there, or comes twice; there are \(ranking.count)")
      }
      guard share >= 0, share <= Emission.whole else { throw ExtensionFailure("reward_pct \(share) is no share") }
      total += share
    }
    guard total == Emission.whole || (ranking.isEmpty && rewards.isEmpty) else {
      throw ExtensionFailure("the shares sum to \(total), not to \(Emission.whole)")
    }
    var complete = emission
    for key in ["compute_provider_rewards", "data_provider_rewards"] where complete[key]?.array == nil {
      complete[key] = []
    }
    if complete["crunch"]?.string == nil { complete["crunch"] = "" }
    return complete
  }
}
